import type { CommitSha, LeaseEpoch, RunId, SlotId } from "@oroboros/slot-contract";
import { sql } from "kysely";
import { appendEvent } from "../events/append-event.ts";
import type { Lease } from "../leases/lease-ref.ts";
import type { Store, StoreTransaction } from "../schema.ts";
import { selectAttempts, type PublishAttempt } from "./attempt.ts";
import { deadlineOf, type BegunAttempt, type PublishWorker } from "./publish-worker.ts";

/** Notes that a run's first publish works in the slot it was just given. */
export async function beginFirstAttempt(
  store: Store,
  { lease, commitSha, ...worker }: { lease: Lease; commitSha: CommitSha } & PublishWorker,
): Promise<void> {
  await store
    .insertInto("publish_attempts")
    .values({
      run_id: lease.runId,
      attempt: 1,
      commit_sha: commitSha,
      status: "running",
      slot_id: lease.slotId,
      lease_epoch: lease.leaseEpoch,
      started_at: sql<Date>`clock_timestamp()`,
      deadline_at: deadlineOf(worker),
    })
    .execute();
}

/**
 * Starts the publish that a run waits for, under a new epoch of the lease it holds: whatever an earlier publish of this run still
 * does is fenced off from here on. Undefined where nothing waits, another publish is at work, or the lease is gone.
 */
export async function beginAttempt(
  store: Store,
  runId: RunId,
  worker: PublishWorker = {},
): Promise<BegunAttempt | undefined> {
  return store.transaction().execute(async (tx) => {
    const attempt = await findStartable(tx, runId);
    const lease = attempt === undefined ? undefined : await regrantLease(tx, runId, worker);
    if (attempt === undefined || lease === undefined) return undefined;
    const { slotId, leaseEpoch } = lease;
    await tx
      .updateTable("publish_attempts")
      .set({
        status: "running",
        slot_id: slotId,
        lease_epoch: leaseEpoch,
        started_at: sql<Date>`clock_timestamp()`,
        deadline_at: deadlineOf(worker),
      })
      .where("run_id", "=", runId)
      .where("attempt", "=", attempt.attempt)
      .execute();
    const detail = {
      attempt: attempt.attempt,
      commit_sha: attempt.commitSha,
      slot_id: slotId,
      lease_epoch: leaseEpoch,
    };
    await appendEvent(tx, { runId, eventType: "publish_started", detail });
    return { attempt: { ...attempt, status: "running", slotId, leaseEpoch }, lease, remainingMs: limitMs(worker) };
  });
}

const limitMs = ({ runTimeoutSeconds }: PublishWorker): number | null =>
  runTimeoutSeconds === null || runTimeoutSeconds === undefined ? null : runTimeoutSeconds * 1_000;

async function findStartable(tx: StoreTransaction, runId: RunId): Promise<PublishAttempt | undefined> {
  await tx.selectFrom("runs").select("run_id").where("run_id", "=", runId).forNoKeyUpdate().executeTakeFirst();
  const open = await selectAttempts(tx)
    .where("run_id", "=", runId)
    .where("status", "in", ["requested", "running"])
    .execute();
  return open.some(({ status }) => status === "running") ? undefined : open[0];
}

/** The lease of a run under a new epoch, for this worker. Undefined where it holds none. */
export async function regrantLease(
  store: Store,
  runId: RunId,
  { workerId = null }: PublishWorker,
): Promise<Lease | undefined> {
  const { rows } = await sql<{ slot_id: SlotId; lease_epoch: LeaseEpoch; expires_at: Date }>`
    update slot_leases set lease_epoch = lease_epoch + 1, heartbeat_at = clock_timestamp(), worker_id = ${workerId}::int
    where run_id = ${runId} and expires_at > clock_timestamp()
    returning slot_id, lease_epoch, expires_at`.execute(store);
  const [row] = rows;
  if (row === undefined) return undefined;
  return { slotId: row.slot_id, runId, leaseEpoch: row.lease_epoch, expiresAt: row.expires_at };
}
