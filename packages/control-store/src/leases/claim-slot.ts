import type { CommitSha, RunId, RunState } from "@oroboros/slot-contract";
import { sql } from "kysely";
import { beginFirstAttempt } from "../attempts/begin-attempt.ts";
import type { PublishWorker } from "../attempts/publish-worker.ts";
import { appendEvent } from "../events/append-event.ts";
import { pinCommit } from "../runs/pin-commit.ts";
import { transitionRun } from "../runs/transition-run.ts";
import type { Store, StoreTransaction } from "../schema.ts";
import { acquireLease } from "./acquire-lease.ts";
import { grantInTurn } from "./grant-in-turn.ts";
import { freeSlots, hasOwnSlot, queuedForFree } from "./grantable.ts";
import type { Lease } from "./lease-ref.ts";

export type SlotClaim =
  | { outcome: "claimed"; lease: Lease }
  | { outcome: "waiting"; queuePosition: number }
  | { outcome: "not_queued"; status: RunState | "missing" };

/**
 * Takes a queued run off the queue and into a slot, in one transaction, so that a run delivered twice is taken once. First come,
 * first served: a run only gets a slot when there are more free slots than queued runs before it, or one is reserved for it.
 *
 * @param request.commitSha what is going to be published: the run is fixed to it and its first publish begins with the claim, so
 *   that another worker can go on with it from here. Left out by whoever only wants the slot.
 * @param request.workerId, request.runTimeoutSeconds the worker that is going to publish it, and how long that may take.
 */
export async function claimSlot(
  store: Store,
  request: { runId: RunId; ttlSeconds: number; commitSha?: CommitSha } & PublishWorker,
): Promise<SlotClaim> {
  return grantInTurn(store, async (tx) => {
    const run = await tx
      .selectFrom("runs")
      .select("status")
      .where("run_id", "=", request.runId)
      .forNoKeyUpdate()
      .executeTakeFirst();
    if (run?.status !== "queued") return { outcome: "not_queued", status: run?.status ?? "missing" };
    const { ahead, needed, free, isReserved } = await readQueue(tx, request.runId);
    const lease = isReserved || needed < free ? await acquireLease(tx, request) : undefined;
    if (lease === undefined) return wait(tx, request.runId, ahead + 1);
    const detail = { slot_id: lease.slotId, lease_epoch: lease.leaseEpoch };
    await appendEvent(tx, { runId: request.runId, eventType: "lease_acquired", detail });
    await transitionRun(tx, { runId: request.runId, to: "planning" });
    if (request.commitSha !== undefined) await beginPublish(tx, lease, { ...request, commitSha: request.commitSha });
    return { outcome: "claimed", lease };
  });
}

async function beginPublish(
  tx: StoreTransaction,
  lease: Lease,
  { commitSha, ...worker }: { commitSha: CommitSha } & PublishWorker,
): Promise<void> {
  // Until it has a slot, a run that names a branch means wherever that stands.
  await pinCommit(tx, lease.runId, commitSha);
  await beginFirstAttempt(tx, { ...worker, lease, commitSha });
}

interface QueueAhead {
  /** Runs that came before. */
  ahead: number;
  /** How many of them need one of the free slots. */
  needed: number;
  free: number;
  /** A slot that is kept for the run can be granted. */
  isReserved: boolean;
}

async function readQueue(tx: StoreTransaction, runId: RunId): Promise<QueueAhead> {
  const isEarlier = sql`arrival < (select arrival from runs where run_id = ${runId})`;
  const { rows } = await sql<QueueAhead>`
    select (select count(*)::int from runs where status = 'queued' and ${isEarlier}) as ahead,
           ${queuedForFree(isEarlier)} as needed, ${freeSlots} as free,
           ${hasOwnSlot(sql`${runId}`)} as "isReserved"`.execute(tx);
  const [row] = rows;
  if (row === undefined) throw new Error("a query of counts has one row");
  return row;
}

async function wait(tx: StoreTransaction, runId: RunId, queuePosition: number): Promise<SlotClaim> {
  const told = await tx
    .selectFrom("run_events")
    .select("event_id")
    .where("run_id", "=", runId)
    .where("event_type", "=", "run_waiting")
    .executeTakeFirst();
  if (told === undefined) {
    await appendEvent(tx, { runId, eventType: "run_waiting", detail: { queue_position: queuePosition } });
  }
  return { outcome: "waiting", queuePosition };
}
