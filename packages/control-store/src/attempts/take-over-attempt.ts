import type { RunId } from "@oroboros/slot-contract";
import { sql } from "kysely";
import { appendEvent } from "../events/append-event.ts";
import type { Lease } from "../leases/lease-ref.ts";
import type { Store, StoreTransaction } from "../schema.ts";
import { selectAttempts, type PublishAttempt } from "./attempt.ts";
import { regrantLease } from "./begin-attempt.ts";
import { isSilent } from "./open-attempts.ts";

/**
 * Goes on with a publish whose worker has fallen silent, under a new epoch of the run's lease: should that worker come back, it is
 * refused. Undefined where the run has no such publish.
 */
export async function takeOverAttempt(
  store: Store,
  { runId, silentSeconds, workerId = null }: { runId: RunId; silentSeconds: number; workerId?: number | null },
): Promise<{ attempt: PublishAttempt; lease: Lease } | undefined> {
  return store.transaction().execute(async (tx) => {
    const attempt = await findSilent(tx, runId, silentSeconds);
    const lease = attempt === undefined ? undefined : await regrantLease(tx, runId, workerId);
    if (attempt === undefined || lease === undefined) return undefined;
    const { slotId, leaseEpoch } = lease;
    await tx
      .updateTable("publish_attempts")
      .set({ lease_epoch: leaseEpoch, started_at: sql<Date>`clock_timestamp()` })
      .where("run_id", "=", runId)
      .where("attempt", "=", attempt.attempt)
      .execute();
    const detail = { attempt: attempt.attempt, slot_id: slotId, lease_epoch: leaseEpoch, taken_over: true };
    await appendEvent(tx, { runId, eventType: "publish_started", detail });
    return { attempt: { ...attempt, leaseEpoch }, lease };
  });
}

async function findSilent(
  tx: StoreTransaction,
  runId: RunId,
  silentSeconds: number,
): Promise<PublishAttempt | undefined> {
  await tx.selectFrom("runs").select("run_id").where("run_id", "=", runId).forUpdate().executeTakeFirst();
  const { rows } = await sql`
    select from slot_leases where run_id = ${runId} and ${isSilent(silentSeconds)} for update`.execute(tx);
  if (rows.length === 0) return undefined;
  return selectAttempts(tx).where("run_id", "=", runId).where("status", "=", "running").executeTakeFirst();
}
