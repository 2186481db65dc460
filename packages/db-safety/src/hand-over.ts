import { sql } from "kysely";
import type { Session } from "./session.ts";

/**
 * Gives what one role owns in a database to another. It changes owners only, which runs no code of the database. Schemas first: a
 * table's new owner needs CREATE in its schema.
 */
export async function handOver(inside: Session, { from, to }: { from: string; to: string }): Promise<void> {
  const schemas = await inside.run(sql<{ name: string }>`
    select nspname as name from pg_catalog.pg_namespace
    where nspowner = (select oid from pg_catalog.pg_roles where rolname = ${from})`);
  for (const { name } of schemas) await inside.run(sql`alter schema ${sql.id(name)} owner to ${sql.id(to)}`);
  await inside.run(sql`reassign owned by ${sql.id(from)} to ${sql.id(to)}`);
  await handOverPolicies(inside, { from, to });
  await handOverDefaults(inside, { from, to });
}

/** A policy names whom it is for. */
async function handOverPolicies(inside: Session, { from, to }: { from: string; to: string }): Promise<void> {
  const policies = await inside.run(sql<{ schema: string; table: string; name: string; roles: string[] }>`
    select n.nspname as schema, c.relname as table, p.polname as name, array(
      select case when role = 0 then 'public' else pg_catalog.pg_get_userbyid(role) end::text from unnest(p.polroles) role) as roles
    from pg_catalog.pg_policy p join pg_catalog.pg_class c on c.oid = p.polrelid
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where (select oid from pg_catalog.pg_roles where rolname = ${from}) = any (p.polroles)`);
  for (const { schema, table, name, roles } of policies) {
    const next = roles.map((role) => (role === "public" ? sql`public` : sql.id(role === from ? to : role)));
    await inside.run(sql`alter policy ${sql.id(name)} on ${sql.id(schema, table)} to ${sql.join(next)}`);
  }
}

/** See https://www.postgresql.org/docs/current/catalog-pg-default-acl.html */
const KINDS: Readonly<Record<string, string>> = {
  r: "tables",
  S: "sequences",
  f: "functions",
  T: "types",
  n: "schemas",
};

/** Rights that a role gives on what it will make: `REASSIGN OWNED` leaves them where they are. */
async function handOverDefaults(inside: Session, { from, to }: { from: string; to: string }): Promise<void> {
  const rights = await inside.run(
    sql<{ schema: string | null; kind: string; right: string; grantee: string | null; grantable: boolean }>`
    select n.nspname as schema, d.defaclobjtype::text as kind, a.privilege_type as right, a.is_grantable as grantable,
      case when a.grantee = 0 then null else pg_catalog.pg_get_userbyid(a.grantee)::text end as grantee
    from pg_catalog.pg_default_acl d cross join pg_catalog.aclexplode(d.defaclacl) a
      left join pg_catalog.pg_namespace n on n.oid = d.defaclnamespace
    where d.defaclrole = (select oid from pg_catalog.pg_roles where rolname = ${from}) and a.grantee <> d.defaclrole`,
  );
  for (const { schema, kind, right, grantee, grantable } of rights) {
    const where = schema === null ? sql`` : sql`in schema ${sql.id(schema)}`;
    const whom = grantee === null ? sql`public` : sql.id(grantee);
    await inside.run(sql`
      alter default privileges for role ${sql.id(to)} ${where}
      grant ${sql.raw(right)} on ${sql.raw(KINDS[kind] ?? "tables")} to ${whom} ${sql.raw(grantable ? "with grant option" : "")}`);
  }
}
