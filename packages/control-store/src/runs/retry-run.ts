import { OperatorError, type CommitSha, type ReasonCode, type RunId, type RunState } from "@oroboros/slot-contract";
import { sql } from "kysely";
import { appendEvent } from "../events/append-event.ts";
import type { Store, StoreTransaction } from "../schema.ts";
import { inTransaction } from "../transaction.ts";
import { createRun } from "./create-run.ts";
import { findRun } from "./find-run.ts";
import { selectRuns, type Run } from "./run.ts";
import { runNotFound } from "./run-refusals.ts";

const ENDED: readonly RunState[] = ["failed", "canceled", "expired"];
const OVER: readonly RunState[] = [...ENDED, "merged"];

/** `retry`: what was asked for, once more: a branch means wherever it stands by then. `resume`: exactly the same commit. */
export type Again = "retry" | "resume";

/**
 * Queues another run that does again what one that ended was asked for. As long as that child lives, it is the answer to every
 * other try.
 *
 * @throws OperatorError `run_not_found`; `invalid_transition` for a run that has not ended, or for a resume of one that neither ran
 *   out of time nor expired.
 */
export async function retryRun(
  store: Store,
  { runId, by }: { runId: RunId; by: Again },
): Promise<{ run: Run; already: boolean }> {
  return inTransaction(store, async (tx) => {
    const parent = await lockEndedRun(tx, runId, by);
    const child = await selectRuns(tx)
      .where("parent_run_id", "=", runId)
      .where("status", "not in", OVER)
      .executeTakeFirst();
    if (child !== undefined) return { run: child, already: true };
    const asked = await commitAskedFor(tx, runId);
    const commitSha = by === "resume" ? (parent.commitSha ?? asked) : asked;
    const run = await createRun(tx, { ...parent, commitSha, parentRunId: runId });
    await appendEvent(tx, { runId, eventType: "run_retried", detail: { child_run_id: run.runId, by } });
    return { run, already: false };
  });
}

async function lockEndedRun(tx: StoreTransaction, runId: RunId, by: Again): Promise<Run> {
  await tx.selectFrom("runs").select("run_id").where("run_id", "=", runId).forNoKeyUpdate().executeTakeFirst();
  const run = await findRun(tx, runId);
  if (run === undefined) throw runNotFound(runId);
  const problem = by === "retry" ? retryProblem(run.status) : resumeProblem(run.status, run.failureReasonCode);
  if (problem === undefined) return run;
  throw new OperatorError("invalid_transition", `Run ${runId} is ${problem}.`, {
    hint:
      by === "resume" && ENDED.includes(run.status)
        ? `Try it again with: oroboros runs retry ${runId}`
        : `See the run with: oroboros runs show ${runId}`,
  });
}

const retryProblem = (status: RunState): string | undefined =>
  ENDED.includes(status) ? undefined : `${status}; only one that failed, was canceled or expired is tried again`;

function resumeProblem(status: RunState, code: ReasonCode | null): string | undefined {
  if (status === "expired" || (status === "failed" && code === "AGENT_TIMEOUT")) return undefined;
  const why = code === null ? status : `${status} with ${code}`;
  return `${why}; only one that ran out of time or expired is resumed`;
}

/** The commit that a run named itself; a run of a branch was fixed to one only later. */
async function commitAskedFor(tx: StoreTransaction, runId: RunId): Promise<CommitSha | null> {
  const created = await tx
    .selectFrom("run_events")
    .select(sql<CommitSha | null>`detail ->> 'commit_sha'`.as("commitSha"))
    .where("run_id", "=", runId)
    .where("event_type", "=", "run_created")
    .executeTakeFirst();
  return created?.commitSha ?? null;
}
