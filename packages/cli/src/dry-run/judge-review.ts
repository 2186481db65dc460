import {
  OperatorError,
  type ApprovalView,
  type CommitSha,
  type FailureCode,
  type RunState,
} from "@oroboros/slot-contract";
import { allowed, already, leaseEnd, refused, type RunFacts, type Verdict } from "./run-facts.ts";

const UNDER_REVIEW: readonly RunState[] = ["preview_ready", "needs_approval", "approved"];
const HOUR_MS = 3_600_000;

/** Whether a run could be approved now; of `commitSha` only, where it is given. */
export function judgeApproval(run: RunFacts, commitSha: CommitSha | undefined, now: Date): Verdict {
  const { run_id: id, status, commit_sha: shown } = run;
  if (status !== "approved" && status !== "needs_approval") {
    return refused(notNow(run, "only one that needs approval is approved"));
  }
  if (commitSha !== undefined && commitSha !== shown) {
    return refused(commitChanged(id, `its preview shows ${shown}, not ${commitSha}`, shown));
  }
  if (status === "approved") return already(`${shown} is approved`);
  const isBeingPublished = run.attempts.some(
    (attempt) => attempt.status === "requested" || attempt.status === "running",
  );
  if (isBeingPublished) return refused(commitChanged(id, "it is being published again", null));
  if (leaseEnd(run) <= now.getTime()) return refused(outOfTime(id));
  return allowed(`approve ${shown}`, "let it keep its slot for another review's time");
}

/** Whether a run could be rejected now. `decisions` are its approvals so far. */
export function judgeRejection(run: RunFacts, decisions: readonly ApprovalView[], code: FailureCode): Verdict {
  if (run.status === "failed" && decisions.at(-1)?.decision === "rejected") return already("it is rejected");
  if (!UNDER_REVIEW.includes(run.status)) return refused(notNow(run, "only a live preview is rejected"));
  return allowed(`fail it with ${code}`, "free its slot");
}

/** Whether a run's slot could be kept for longer now. */
export function judgeExtension(run: RunFacts, hours: number, now: Date): Verdict {
  if (!UNDER_REVIEW.includes(run.status)) {
    return refused(notNow(run, "only a preview that waits for a person is extended"));
  }
  const ends = leaseEnd(run);
  if (ends > now.getTime()) {
    return allowed(`let it keep its slot for ${hours} h more, until ${new Date(ends + hours * HOUR_MS).toISOString()}`);
  }
  return refused(outOfTime(run.run_id));
}

function outOfTime(id: string): OperatorError {
  const hint = `Publish its commit again with: oroboros runs resume ${id}`;
  return new OperatorError("stale_lease", `The time of run ${id} is over, and its slot is being taken away.`, { hint });
}

function notNow({ run_id: id, status }: RunFacts, what: string): OperatorError {
  const hint = `See the run with: oroboros runs show ${id}`;
  return new OperatorError("invalid_transition", `Run ${id} is ${status}; ${what}.`, { hint });
}

/** `shown`: the commit to look at now; null where it is about to be replaced. */
function commitChanged(id: string, what: string, shown: string | null): OperatorError {
  const next = shown === null ? " once it stands." : `, and then: oroboros runs approve ${id} --commit ${shown}`;
  return new OperatorError("commit_changed", `Run ${id} would not be approved: ${what}.`, {
    hint: `Look at its preview again${next}`,
  });
}
