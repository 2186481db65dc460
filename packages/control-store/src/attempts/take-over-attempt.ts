import type { RunId } from "@oroboros/slot-contract";
import { sql } from "kysely";
import { appendEvent } from "../events/append-event.ts";
import type { Store, StoreTransaction } from "../schema.ts";
import { selectAttempts, type PublishAttempt } from "./attempt.ts";
import { regrantLease } from "./begin-attempt.ts";
import { isSilent } from "./open-attempts.ts";
import { deadlineOf, type BegunAttempt, type PublishWorker } from "./publish-worker.ts";

/**
 * Goes on with a publish whose worker is dead or has fallen silent, under a new epoch of the run's lease: should that worker come
 * back, it is refused. The publish keeps its deadline. Undefined where the run has no such publish.
 */
export async function takeOverAttempt(
  store: Store,
  { runId, silentSeconds, ...worker }: { runId: RunId; silentSeconds: number } & PublishWorker,
): Promise<BegunAttempt | undefined> {
  return store.transaction().execute(async (tx) => {
    const silent = await findSilent(tx, runId, silentSeconds);
    const lease = silent === undefined ? undefined : await regrantLease(tx, runId, worker);
    if (silent === undefined || lease === undefined) return undefined;
    const { attempt, wasLetGo } = silent;
    const { slotId, leaseEpoch } = lease;
    const workerDeaths = attempt.workerDeaths + (wasLetGo ? 0 : 1);
    const { deadline_at: deadlineAt, remaining_ms: remainingMs } = await tx
      .updateTable("publish_attempts")
      .set({
        lease_epoch: leaseEpoch,
        started_at: sql<Date>`clock_timestamp()`,
        worker_deaths: workerDeaths,
        deadline_at: sql<Date | null>`coalesce(deadline_at, ${deadlineOf(worker)})`,
      })
      .where("run_id", "=", runId)
      .where("attempt", "=", attempt.attempt)
      .returning([
        "deadline_at",
        sql<number | null>`(extract(epoch from deadline_at - clock_timestamp()) * 1000)::float8`.as("remaining_ms"),
      ])
      .executeTakeFirstOrThrow();
    const detail = { attempt: attempt.attempt, slot_id: slotId, lease_epoch: leaseEpoch, taken_over: true };
    await appendEvent(tx, { runId, eventType: "publish_started", detail });
    return { attempt: { ...attempt, leaseEpoch, workerDeaths, deadlineAt }, lease, remainingMs };
  });
}

/** A worker that was told to stop lets its lease go, which leaves no heartbeat; one that died does not. */
async function findSilent(
  tx: StoreTransaction,
  runId: RunId,
  silentSeconds: number,
): Promise<{ attempt: PublishAttempt; wasLetGo: boolean } | undefined> {
  await tx.selectFrom("runs").select("run_id").where("run_id", "=", runId).forNoKeyUpdate().executeTakeFirst();
  const { rows } = await sql<{ was_let_go: boolean }>`
    select heartbeat_at is null as was_let_go from slot_leases
    where run_id = ${runId} and ${isSilent(silentSeconds)} for update`.execute(tx);
  const [lease] = rows;
  if (lease === undefined) return undefined;
  const attempt = await selectAttempts(tx)
    .where("run_id", "=", runId)
    .where("status", "=", "running")
    .executeTakeFirst();
  return attempt === undefined ? undefined : { attempt, wasLetGo: lease.was_let_go };
}
