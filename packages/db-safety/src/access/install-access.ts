import { createHash } from "node:crypto";
import {
  DATABASE_OWNER_ROLE,
  LEASE_SETTING,
  ROTATOR_ROLE,
  SLOT_ACCESS_SCHEMA,
  WORKER_ROLE,
} from "@oroboros/slot-contract";
import { sql, type RawBuilder } from "kysely";
import type { Session } from "../session.ts";
import { TEMPLATES } from "../template-registry.ts";
import type { AccessFunction } from "./access-function.ts";
import { ACCESS_FUNCTIONS } from "./functions/index.ts";

const OWNERS = [ROTATOR_ROLE, DATABASE_OWNER_ROLE];

/**
 * Installs the functions through which slot databases and logins change, in the control database and after its tables. Whoever owns
 * the tables that they read decides what they do, which is why those belong to no run-time role. A second time it changes nothing.
 */
export async function installAccess(superuser: Session): Promise<string[]> {
  const installed = `oroboros:${SLOT_ACCESS_SCHEMA}=${await fingerprintOfInstallation(superuser)}`;
  if ((await commentOfSchema(superuser)) === installed) return registerServer(superuser);
  await superuser.run(sql`begin`);
  try {
    for (const statement of statements()) await superuser.run(statement);
    await registerServer(superuser);
    const now = `oroboros:${SLOT_ACCESS_SCHEMA}=${await fingerprintOfInstallation(superuser)}`;
    await superuser.run(sql`comment on schema ${sql.id(SLOT_ACCESS_SCHEMA)} is ${sql.lit(now)}`);
    await superuser.run(sql`commit`);
  } catch (error) {
    await superuser.run(sql`rollback`);
    throw error;
  }
  return [`functions of ${SLOT_ACCESS_SCHEMA}`];
}

/** After a `pg_upgrade` the same databases are another server's: only the installation, which was told where it is, may say so. */
async function registerServer(superuser: Session): Promise<string[]> {
  const changed = await superuser.run(sql`
    insert into public.slot_server as known (system_identifier)
    select system_identifier::text from pg_catalog.pg_control_system()
    on conflict (only_row) do update set system_identifier = excluded.system_identifier
      where known.system_identifier <> excluded.system_identifier
    returning system_identifier`);
  return changed.map(() => "the server's identifier");
}

function statements(): RawBuilder<unknown>[] {
  const schema = sql.id(SLOT_ACCESS_SCHEMA);
  const owners = sql.join(OWNERS.map((role) => sql.id(role)));
  return [
    sql`create schema if not exists ${schema}`,
    sql`revoke all on schema ${schema} from public`,
    sql`grant usage on schema ${schema} to ${owners}, ${sql.id(WORKER_ROLE)}`,
    // FOR SHARE needs the right to update some column; this one never changes.
    sql`grant select, update (slot_number) on public.slot_leases to ${owners}`,
    sql`grant select, update (login_epoch, database_oid, prepared_oid) on public.slot_databases to ${owners}`,
    sql`
      create table if not exists ${TEMPLATES} (
        database name primary key,
        used_at  timestamptz not null default clock_timestamp()
      )`,
    sql`grant select, insert, update, delete on ${TEMPLATES} to ${sql.id(WORKER_ROLE)}`,
    // A setting that no module has declared is a superuser's to set, or to give.
    sql`grant set on parameter ${sql.id(...LEASE_SETTING.split("."))} to ${sql.id(DATABASE_OWNER_ROLE)}`,
    ...ACCESS_FUNCTIONS.flatMap(createFunction),
  ];
}

function createFunction({ name, parameters, returns, owner, body }: AccessFunction): RawBuilder<unknown>[] {
  const schema = sql.id(SLOT_ACCESS_SCHEMA);
  const signature = sql`${schema}.${sql.id(name)} (${sql.raw(parameters)})`;
  const callers = owner === null ? OWNERS : [WORKER_ROLE];
  return [
    sql`create or replace function ${signature} returns ${sql.raw(returns)} language plpgsql
      ${sql.raw(owner === null ? "security invoker" : "security definer")}
      set search_path = pg_catalog, pg_temp as ${sql.lit(body)}`,
    ...(owner === null ? [] : [sql`alter function ${signature} owner to ${sql.id(owner)}`]),
    sql`revoke all on function ${signature} from public`,
    sql`grant execute on function ${signature} to ${sql.join(callers.map((role) => sql.id(role)))}`,
  ];
}

/** Of what should be there and what is: a change of either makes the comment a wrong one. */
async function fingerprintOfInstallation(superuser: Session): Promise<string> {
  const live = await superuser.run(sql`
    select p.proname, p.prosrc, p.prosecdef, p.proconfig::text, p.proacl::text, r.rolname,
      pg_catalog.pg_get_function_identity_arguments(p.oid) as parameters, n.nspacl::text
    from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
      join pg_catalog.pg_roles r on r.oid = p.proowner
    where n.nspname = ${SLOT_ACCESS_SCHEMA} order by 1, 7`);
  return createHash("sha256")
    .update(JSON.stringify([ACCESS_FUNCTIONS, OWNERS, live]))
    .digest("hex");
}

async function commentOfSchema(superuser: Session): Promise<string | null> {
  const [row] = await superuser.run(sql<{ comment: string | null }>`
    select pg_catalog.obj_description(oid, 'pg_namespace') as comment
    from pg_catalog.pg_namespace where nspname = ${SLOT_ACCESS_SCHEMA}`);
  return row?.comment ?? null;
}
