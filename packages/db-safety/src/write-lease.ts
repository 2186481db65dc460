import { RUNTIME_SCHEMA, spareDatabase, TEMPLATE_ROLE, type SlotId } from "@oroboros/slot-contract";
import { sql } from "kysely";
import type { ResetMarker } from "./marker.ts";
import type { Session } from "./session.ts";
import { openAsTemplateRole } from "./sessions.ts";
import type { SlotServer } from "./slot-server.ts";

/**
 * Writes the lease into a complete spare, which from here on is one lease's: without its comment nobody takes it for another.
 * As the templates' role, and not as the worker: a trigger of the template has only that role's rights then.
 */
export async function writeLease(
  owner: Session,
  request: { server: SlotServer; slotPasswordKey: string; slot: SlotId; marker: ResetMarker },
): Promise<void> {
  const { server, slotPasswordKey, slot, marker } = request;
  const spare = sql.id(spareDatabase(slot));
  await owner.run(sql`
    comment on database ${spare} is null;
    grant connect on database ${spare} to ${sql.id(TEMPLATE_ROLE)};
    alter database ${spare} with allow_connections true`);
  await using session = await openAsTemplateRole(server, slotPasswordKey, spareDatabase(slot));
  await session.run(sql`
    insert into ${sql.id(RUNTIME_SCHEMA, "slot_lease")} (slot_id, run_id, lease_epoch)
    values (${slot}, ${marker.runId}, ${marker.leaseEpoch})`);
}
