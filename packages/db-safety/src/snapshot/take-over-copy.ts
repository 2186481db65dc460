import { OperatorError, TEMPLATE_ROLE, type SlotId } from "@oroboros/slot-contract";
import { sql } from "kysely";
import type { AppliedMigrations } from "../apply-migrations.ts";
import { handOver } from "../hand-over.ts";
import type { Session } from "../session.ts";
import { openAsOwner } from "../sessions.ts";
import type { SlotServer } from "../slot-server.ts";
import { renewRuntimeSchema } from "./renew-runtime-schema.ts";

/**
 * Makes a copy of a slot's database one of no slot: what the slot's role owns goes to the templates', and the runtime's own schema is
 * made anew, with the applied migrations and without a lease. Changes owners and drops only, which runs no code of the database.
 *
 * @throws OperatorError `snapshot_refused` where something in it belongs to, or is granted to, a role that only this slot has.
 */
export async function takeOverCopy(
  server: SlotServer,
  copy: { database: string; role: string; slot: SlotId; slotPasswordKey: string; migrations: AppliedMigrations },
): Promise<void> {
  const { database, role, slot, slotPasswordKey, migrations } = copy;
  {
    await using inside = await openAsOwner(server, database);
    await handOver(inside, { from: role, to: TEMPLATE_ROLE });
    await refuseForeign(inside, slot);
  }
  await renewRuntimeSchema(server, { database, slotPasswordKey, migrations });
}

/**
 * What another role owns, is granted, or is named in a policy for. The slot's logins go with their leases, and its role has no business
 * in another slot's database; neither would a grant to them ever be taken back there.
 */
async function refuseForeign(inside: Session, slot: SlotId): Promise<void> {
  const [first] = await inside.run(sql<{ what: string; role: string; kind: string; others: number }>`
    select pg_catalog."left"(pg_catalog.pg_describe_object(classid, objid, objsubid), 200) as what,
      pg_catalog.pg_get_userbyid(refobjid) as role, deptype as kind, (pg_catalog.count(*) over () - 1)::int as others
    from pg_catalog.pg_shdepend
    where dbid = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database())
      and refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass
      and refobjid <> (select oid from pg_catalog.pg_roles where rolname = ${TEMPLATE_ROLE})
    order by deptype <> 'o', deptype, 1 limit 1`);
  if (first === undefined) return;
  const relation = KINDS[first.kind] ?? "depends on";
  const more = first.others === 0 ? "" : ` (and ${first.others} more like that)`;
  throw new OperatorError(
    "snapshot_refused",
    `${slot}'s database can not become a snapshot: ${first.what} ${relation} role ${first.role}${more}.`,
    {
      hint: "A snapshot is for every slot. Give it to the role that the backend works as, or revoke the grant, and try again.",
    },
  );
}

/** See https://www.postgresql.org/docs/current/catalog-pg-shdepend.html */
const KINDS: Readonly<Record<string, string>> = {
  o: "belongs to",
  a: "is granted to",
  i: "was granted to",
  r: "names",
};
