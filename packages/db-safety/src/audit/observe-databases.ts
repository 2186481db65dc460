import { DATABASE_OWNER_ROLE, ROTATOR_ROLE, slotRole, SLOTS_ROLE, type SlotId } from "@oroboros/slot-contract";
import { sql, type QueryExecutorProvider } from "kysely";

export interface DatabaseFacts {
  oid: string;
  name: string;
  owner: string;
  comment: string | null;
  isTemplate: boolean;
  allowsConnections: boolean;
  /** But for the owner's own. Everybody is `public`. */
  grants: { grantee: string; privilege: string }[];
}

export interface RoleFacts {
  name: string;
  canLogIn: boolean;
  /** Superuser, or the right to make roles or databases, to replicate or to pass by policies. */
  powers: string[];
  inherits: boolean;
  connectionLimit: number;
  memberOf: string[];
}

/** What the server itself says of databases and of the roles that matter to the slots'. */
export interface ServerFacts {
  databases: DatabaseFacts[];
  /** The slots' roles and owners of functions and databases, and every member of one of them. */
  roles: RoleFacts[];
}

/**
 * Looks at every database of the server, without connecting to one. All of it is read from tables in the caller's transaction, and
 * what a reset changes it changes in one: repeatable read shows the server before or after, never in between.
 */
export async function observeDatabases(tx: QueryExecutorProvider, slots: readonly SlotId[]): Promise<ServerFacts> {
  const databases = await sql<DatabaseFacts>`
    select d.oid::text as oid, d.datname as name, owner.rolname as owner, comment.description as comment,
      d.datistemplate as "isTemplate", d.datallowconn as "allowsConnections",
      (select coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
            'grantee', coalesce(grantee.rolname, case acl.grantee when 0 then 'public' else acl.grantee::text end),
            'privilege', acl.privilege_type) order by grantee.rolname, acl.privilege_type), '[]')
       from pg_catalog.aclexplode(coalesce(d.datacl, pg_catalog.acldefault('d', d.datdba))) acl
       left join pg_catalog.pg_roles grantee on grantee.oid = acl.grantee
       where acl.grantee <> d.datdba) as grants
    from pg_catalog.pg_database d
    join pg_catalog.pg_roles owner on owner.oid = d.datdba
    left join pg_catalog.pg_shdescription comment
      on comment.objoid = d.oid and comment.classoid = 'pg_catalog.pg_database'::pg_catalog.regclass
    order by d.datname`.execute(tx);
  return { databases: databases.rows, roles: await observeRoles(tx, slots) };
}

async function observeRoles(tx: QueryExecutorProvider, slots: readonly SlotId[]): Promise<RoleFacts[]> {
  const watched = [...slots.map(slotRole), SLOTS_ROLE, DATABASE_OWNER_ROLE, ROTATOR_ROLE];
  const { rows } = await sql<RoleFacts>`
    select r.rolname as name, r.rolcanlogin as "canLogIn", r.rolinherit as inherits, r.rolconnlimit as "connectionLimit",
      pg_catalog.to_jsonb(pg_catalog.array_remove(array[
        case when r.rolsuper then 'superuser' end, case when r.rolcreaterole then 'createrole' end,
        case when r.rolcreatedb then 'createdb' end, case when r.rolreplication then 'replication' end,
        case when r.rolbypassrls then 'bypassrls' end], null)) as powers,
      (select coalesce(pg_catalog.jsonb_agg(g.rolname order by g.rolname), '[]')
       from pg_catalog.pg_auth_members m join pg_catalog.pg_roles g on g.oid = m.roleid where m.member = r.oid) as "memberOf"
    from pg_catalog.pg_roles r
    where r.rolname = any(${watched}) or r.oid in (
      select m.member from pg_catalog.pg_auth_members m join pg_catalog.pg_roles g on g.oid = m.roleid
      where g.rolname = any(${watched}))
    order by r.rolname`.execute(tx);
  return rows;
}
