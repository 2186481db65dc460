import type { LeaseEpoch, RunId, RunState, SlotId } from "@oroboros/slot-contract";
import { sql, type RawBuilder } from "kysely";
import type { Store } from "../schema.ts";
import { isInUse } from "./grantable.ts";

export interface SlotLease {
  slotId: SlotId;
  leaseEpoch: LeaseEpoch;
  runId: RunId | null;
  expiresAt: Date | null;
  /** Of its worker, or of the agent that works for the run. */
  heartbeatAt: Date | null;
  /** `quarantined`: nobody holds it, and it is given to nobody until it was cleaned. */
  leaseState: "free" | "held" | "expired" | "quarantined";
  runStatus: RunState | null;
}

/** Every slot with its lease, in order; a retired one only for as long as it holds something. */
export function listSlots(store: Store): Promise<SlotLease[]> {
  return readSlots(store, isInUse);
}

export async function readSlots(store: Store, which: RawBuilder<boolean>): Promise<SlotLease[]> {
  return store
    .selectFrom("slot_leases")
    .leftJoin("runs", "runs.run_id", "slot_leases.run_id")
    .select([
      "slot_leases.slot_id as slotId",
      "slot_leases.lease_epoch as leaseEpoch",
      "slot_leases.run_id as runId",
      "slot_leases.expires_at as expiresAt",
      sql<Date | null>`greatest(heartbeat_at, agent_heartbeat_at)`.as("heartbeatAt"),
      "runs.status as runStatus",
      sql<
        SlotLease["leaseState"]
      >`case when expires_at is null then case when quarantined_at is null then 'free' else 'quarantined' end
        when expires_at > clock_timestamp() then 'held' else 'expired' end`.as("leaseState"),
    ])
    .where(which)
    .orderBy("slot_number")
    .execute();
}
