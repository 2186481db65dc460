import { OperatorError, type CommitSha, type RunId, type RunState } from "@oroboros/slot-contract";
import { sql } from "kysely";
import { voidApproval } from "../approvals/void-approval.ts";
import { appendEvent } from "../events/append-event.ts";
import { holdsSlot } from "../leases/holds-slot.ts";
import { outOfTime, runNotFound } from "../runs/run-refusals.ts";
import type { Store, StoreTransaction } from "../schema.ts";
import { inTransaction } from "../transaction.ts";
import { selectAttempts, type PublishAttempt } from "./attempt.ts";

const LIVE: readonly RunState[] = ["preview_ready", "needs_approval", "approved"];
/** Of a run that was given its slot by request: whoever asked for it says when there is something to publish. */
const AT_WORK: readonly RunState[] = ["planning", "editing", "testing"];

/**
 * Asks for another publish of a run that is live in a slot, or for the first one of a run that only holds its slot yet. At most one
 * waits: asking again while it does moves it to the newer commit. A run that was approved waits for a person again: the approval was of what is live now.
 *
 * @returns the attempt, and whether it was there already.
 * @throws OperatorError `run_not_found`; `invalid_transition` for a run that has nothing a publish could change; `stale_lease`
 *   for one whose slot is being taken away.
 */
export async function requestAttempt(
  store: Store,
  request: { runId: RunId; commitSha: CommitSha | null },
): Promise<{ attempt: PublishAttempt; already: boolean }> {
  const { runId, commitSha } = request;
  return inTransaction(store, async (tx) => {
    const status = await lockPublishableRun(tx, runId);
    const [last] = await selectAttempts(tx).where("run_id", "=", runId).orderBy("attempt", "desc").limit(1).execute();
    if (last !== undefined && isBeingPublished(last, commitSha)) return { attempt: last, already: true };
    if (status === "approved") await voidApproval(tx, { runId, nextCommitSha: commitSha });
    const attempt = last?.status === "requested" ? last.attempt : (last?.attempt ?? 0) + 1;
    await tx
      .insertInto("publish_attempts")
      .values({ run_id: runId, attempt, commit_sha: commitSha })
      .onConflict((conflict) => conflict.columns(["run_id", "attempt"]).doUpdateSet({ commit_sha: commitSha }))
      .execute();
    await appendEvent(tx, { runId, eventType: "publish_requested", detail: { attempt, commit_sha: commitSha } });
    const requested = await selectAttempts(tx)
      .where("run_id", "=", runId)
      .where("attempt", "=", attempt)
      .executeTakeFirstOrThrow();
    return { attempt: requested, already: false };
  });
}

/** Where a branch's head is now is only known once it is published, so a publish at work is not taken for it. */
function isBeingPublished(last: PublishAttempt, commitSha: CommitSha | null): boolean {
  if (last.status === "running") return commitSha !== null && last.commitSha === commitSha;
  return last.status === "requested" && last.commitSha === commitSha;
}

async function lockPublishableRun(tx: StoreTransaction, runId: RunId): Promise<RunState> {
  const run = await tx
    .selectFrom("runs")
    .select("status")
    .where("run_id", "=", runId)
    .forNoKeyUpdate()
    .executeTakeFirst();
  if (run === undefined) throw runNotFound(runId);
  if (LIVE.includes(run.status)) {
    if (!(await holdsSlot(tx, runId))) throw outOfTime(runId);
    return run.status;
  }
  if (AT_WORK.includes(run.status) && (await onlyHoldsItsSlot(tx, runId))) return run.status;
  throw new OperatorError(
    "invalid_transition",
    `Run ${runId} is ${run.status}; only one whose preview is live is published again.`,
    { hint: `Publish the commit as a new run with: oroboros runs create --title <title> --branch <branch>` },
  );
}

async function onlyHoldsItsSlot(tx: StoreTransaction, runId: RunId): Promise<boolean> {
  const { rows } = await sql`
    select from slot_leases where run_id = ${runId} and expires_at > clock_timestamp()
      and not exists (select from publish_attempts where run_id = ${runId} and status <> 'requested')`.execute(tx);
  return rows.length === 1;
}
