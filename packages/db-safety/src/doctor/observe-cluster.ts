import { SLOT_ACCESS_SCHEMA, type LeaseEpoch, type SlotId } from "@oroboros/slot-contract";
import { sql } from "kysely";
import type { Session } from "../session.ts";
import { observeSettings } from "./observe-settings.ts";

export interface RoleRow {
  name: string;
  can_log_in: boolean;
  create_databases: boolean;
  create_roles: boolean;
  inherits: boolean;
  /** Superuser, or the right to replicate or to pass by policies. */
  is_mighty: boolean;
  connection_limit: number;
  member_of: string[];
  /** Of a superuser's settings that a role can not undo itself. */
  temp_file_limit: string | null;
}

export interface DatabaseRow {
  name: string;
  owner: string;
  comment: string | null;
  allows_connections: boolean;
  /** But for the owner's own; everybody is an empty name. */
  grants: { grantee: string; privilege: string }[];
}

export interface FunctionRow {
  name: string;
  parameters: string;
  signature: string;
  owner: string;
  owned_by_superuser: boolean;
  is_definer: boolean;
  body: string;
  settings: string[] | null;
  /** Everybody is an empty name; without the owner. */
  callers: string[];
}

export interface ClusterFacts {
  roles: RoleRow[];
  databases: DatabaseRow[];
  functions: FunctionRow[];
  tables: { name: string; owner: string; is_table: boolean }[];
  settings: Record<string, string>;
  slots: { slot: SlotId; loginEpoch: LeaseEpoch; wasReset: boolean }[];
  superuser: string;
}

/** Whoever owns them decides what a lease is: a view in the place of one runs what its owner likes. */
const DECIDING_TABLES = ["slot_leases", "slot_databases", "slot_server"];

/** All that the doctor judges, as the server tells it to the worker in the control database; needs no superuser. */
export async function observeCluster(control: Session): Promise<ClusterFacts> {
  const [bootstrap] = await control.run(sql<{ name: string }>`
    select rolname as name from pg_catalog.pg_roles where oid = 10`);
  return {
    superuser: bootstrap?.name ?? "postgres",
    settings: await observeSettings(control),
    roles: await observeRoles(control),
    databases: await observeDatabases(control),
    functions: await observeFunctions(control),
    tables: await control.run(sql`
      select c.relname as name, r.rolname as owner, c.relkind = 'r' as is_table
      from pg_catalog.pg_class c join pg_catalog.pg_roles r on r.oid = c.relowner
      where c.relnamespace = 'public'::regnamespace and c.relname = any(${DECIDING_TABLES}) order by 1`),
    slots: await control.run(sql`
      select slot_id as slot, login_epoch::text as "loginEpoch", database_oid is not null as "wasReset"
      from public.slot_databases order by slot_number`),
  };
}

const observeRoles = (control: Session): Promise<RoleRow[]> =>
  control.run(sql`
    select r.rolname as name, r.rolcanlogin as can_log_in, r.rolcreatedb as create_databases,
      r.rolcreaterole as create_roles, r.rolinherit as inherits, r.rolconnlimit as connection_limit,
      r.rolsuper or r.rolreplication or r.rolbypassrls as is_mighty,
      (select coalesce(pg_catalog.jsonb_agg(g.rolname order by g.rolname), '[]')
       from pg_catalog.pg_auth_members m join pg_catalog.pg_roles g on g.oid = m.roleid where m.member = r.oid) as member_of,
      (select substring(setting from '=(.*)') from pg_catalog.pg_db_role_setting s, unnest(s.setconfig) setting
       where s.setrole = r.oid and s.setdatabase = 0 and starts_with(setting, 'temp_file_limit=')) as temp_file_limit
    from pg_catalog.pg_roles r where r.oid >= 16384 order by 1`);

const observeDatabases = (control: Session): Promise<DatabaseRow[]> =>
  control.run(sql`
    select d.datname as name, owner.rolname as owner, d.datallowconn as allows_connections,
      pg_catalog.shobj_description(d.oid, 'pg_database') as comment,
      (select coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
            'grantee', coalesce(grantee.rolname, ''), 'privilege', acl.privilege_type) order by grantee.rolname, acl.privilege_type), '[]')
       from pg_catalog.aclexplode(coalesce(d.datacl, pg_catalog.acldefault('d', d.datdba))) acl
       left join pg_catalog.pg_roles grantee on grantee.oid = acl.grantee where acl.grantee <> d.datdba) as grants
    from pg_catalog.pg_database d join pg_catalog.pg_roles owner on owner.oid = d.datdba order by 1`);

const observeFunctions = (control: Session): Promise<FunctionRow[]> =>
  control.run(sql`
    select p.proname as name, pg_catalog.pg_get_function_arguments(p.oid) as parameters, p.oid::regprocedure::text as signature,
      owner.rolname as owner, owner.rolsuper as owned_by_superuser, p.prosecdef as is_definer, p.prosrc as body,
      pg_catalog.to_jsonb(p.proconfig) as settings,
      (select coalesce(pg_catalog.jsonb_agg(coalesce(caller.rolname, '') order by caller.rolname), '[]')
       from pg_catalog.aclexplode(coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))) acl
       left join pg_catalog.pg_roles caller on caller.oid = acl.grantee where acl.grantee <> p.proowner) as callers
    from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
      join pg_catalog.pg_roles owner on owner.oid = p.proowner
    where n.nspname = ${SLOT_ACCESS_SCHEMA} order by 1, 2`);
