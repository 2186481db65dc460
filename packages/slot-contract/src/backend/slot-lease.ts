import type { z } from "zod";
import type { heartbeatRequestSchema, HeartbeatResponse } from "../api/slots.ts";
import { RUNTIME_SCHEMA } from "../names.ts";
import type { SlotId } from "../slot-id.ts";

/** Runs one statement on the slot's own database; a `pg` Pool's `query` fits. */
export type Query = (text: string, values: unknown[]) => Promise<{ rows: Record<string, unknown>[] }>;

const NO_LEASE = { run_id: null, lease_epoch: null, heartbeat_at: null };

/** Who holds the slot, as the runtime wrote it into the slot's database. */
export async function readLease(query: Query, slot: SlotId): Promise<Record<string, unknown>> {
  const { rows } = await query(
    `select slot_id, run_id, lease_epoch::text as lease_epoch, heartbeat_at from ${RUNTIME_SCHEMA}.slot_lease
      where slot_id = $1`,
    [slot],
  );
  return rows[0] ?? { slot_id: slot, ...NO_LEASE };
}

/** Notes the heartbeat of the run that holds the slot; of any other, and of a stale epoch, nothing. */
export async function recordHeartbeat(
  query: Query,
  slot: SlotId,
  { run_id, lease_epoch }: z.output<typeof heartbeatRequestSchema>,
): Promise<HeartbeatResponse> {
  const { rows } = await query(
    `update ${RUNTIME_SCHEMA}.slot_lease set heartbeat_at = clock_timestamp()
      where slot_id = $1 and run_id = $2 and lease_epoch = coalesce($3, lease_epoch) returning run_id`,
    [slot, run_id, lease_epoch ?? null],
  );
  const answer = { slot_id: slot, run_id, expires_at: null };
  if (rows.length > 0) return { heartbeat_updated: true, ...answer, reason: "updated" };
  const lease = await readLease(query, slot);
  return { heartbeat_updated: false, ...answer, reason: refusal(lease["run_id"], run_id) };
}

function refusal(holder: unknown, asking: string): HeartbeatResponse["reason"] {
  if (holder === null) return "free";
  return holder === asking ? "stale_epoch" : "held_by_other_run";
}
