import { RUNTIME_SCHEMA } from "@oroboros/slot-contract";
import { sql, type RawBuilder } from "kysely";

/** Selects `kind`, `name` and `definition` of every object of some kinds. */
export type DefinitionQuery = RawBuilder<{ kind: string; name: string; definition: string | null }>;

/** Holds for a `pg_namespace n` that is neither PostgreSQL's (no one else's schema can begin with `pg_`) nor the runtime's. */
export const IS_CONTENT = sql`n.nspname not in ('information_schema', ${sql.lit(RUNTIME_SCHEMA)}) and n.nspname !~ '^pg_'`;

/** What a database has had since it was made has a lower oid. See https://www.postgresql.org/docs/current/system-catalog-initial-data.html */
export const FIRST_OWN_OID = sql`16384`;

/** A role as it is in every copy: objects are handed from the templates' role to the slot's, and their owner is "owner" in both. */
export const roleName = (role: RawBuilder<unknown>, owner: RawBuilder<unknown>): RawBuilder<string> =>
  sql`case ${role} when ${owner} then 'owner' when 0 then 'public' else pg_catalog.pg_get_userbyid(${role}) end`;

/** Who may do what, in a stable order. `kind`: what `acldefault` calls the kind of object; null for one that has no rights of its own. */
export function grantsOf(
  acl: RawBuilder<unknown>,
  owner: RawBuilder<unknown>,
  kind: string | null,
): RawBuilder<unknown> {
  const rights = kind === null ? acl : sql`coalesce(${acl}, pg_catalog.acldefault(${sql.lit(kind)}, ${owner}))`;
  return sql`(
    select pg_catalog.jsonb_agg(entry order by entry) from (
      select pg_catalog.concat_ws(' ', ${roleName(sql`grantee`, owner)}, privilege_type, is_grantable,
        ${roleName(sql`grantor`, owner)}) collate pg_catalog."C" as entry
      from pg_catalog.aclexplode(${rights})) entries)`;
}
