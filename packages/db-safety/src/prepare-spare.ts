import { RUNTIME_SCHEMA, slotRole, spareDatabase, TEMPLATE_ROLE, type SlotId } from "@oroboros/slot-contract";
import { sql } from "kysely";
import type { ResetMarker } from "./marker.ts";
import type { Session } from "./session.ts";
import { openAsOwner, openAsTemplateRole } from "./sessions.ts";
import type { SlotServer } from "./slot-server.ts";

type SpareRequest = Readonly<{
  server: SlotServer;
  slotPasswordKey: string;
  slot: SlotId;
  template: string;
  marker: ResetMarker;
}>;

/**
 * Makes the slot's next database beside the live one, complete but for the right to connect: the slot's role gets in only
 * once the lease has been checked and the names are swapped.
 */
export async function prepareSpare(owner: Session, request: SpareRequest): Promise<void> {
  const name = sql.id(spareDatabase(request.slot));
  const templateRole = sql.id(TEMPLATE_ROLE);
  // A clone does not inherit the template's rights: PUBLIC could connect again.
  await owner.run(sql`create database ${name} template ${sql.id(request.template)} allow_connections false`);
  await owner.run(sql`revoke all on database ${name} from public`);
  await owner.run(sql`grant connect on database ${name} to ${templateRole}`);
  // Without it the slot's role can not become the owner of a schema.
  await owner.run(sql`grant create, temporary on database ${name} to ${sql.id(slotRole(request.slot))}`);
  await owner.run(sql`alter database ${name} with allow_connections true`);
  await writeLease(request);
  await handToSlot(request);
  await owner.run(sql`revoke all on database ${name} from ${templateRole}`);
}

/** As the templates' role: a trigger of the template then has only that role's rights. */
async function writeLease({ server, slotPasswordKey, slot, marker }: SpareRequest): Promise<void> {
  await using session = await openAsTemplateRole(server, slotPasswordKey, spareDatabase(slot));
  await session.run(sql`
    insert into ${sql.id(RUNTIME_SCHEMA, "slot_lease")} (slot_id, run_id, lease_epoch)
    values (${slot}, ${marker.runId}, ${marker.leaseEpoch})`);
}

/** Changes owners only, which runs no code of the database. Schemas first: a table's new owner needs CREATE in its schema. */
async function handToSlot({ server, slot }: SpareRequest): Promise<void> {
  const role = sql.id(slotRole(slot));
  await using inside = await openAsOwner(server, spareDatabase(slot));
  const schemas = await inside.run(sql<{ name: string }>`
    select nspname as name from pg_catalog.pg_namespace
    where nspowner = (select oid from pg_catalog.pg_roles where rolname = ${TEMPLATE_ROLE})`);
  for (const schema of schemas) await inside.run(sql`alter schema ${sql.id(schema.name)} owner to ${role}`);
  await inside.run(sql`reassign owned by ${sql.id(TEMPLATE_ROLE)} to ${role}`);
}
