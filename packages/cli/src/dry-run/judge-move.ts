import {
  canTransition,
  isTerminal,
  mayTransition,
  OperatorError,
  type ReasonCode,
  type RunState,
  type RunView,
} from "@oroboros/slot-contract";
import { allowed, already, leaseEnd, refused, type RunFacts, type Verdict } from "./run-facts.ts";

const TRIED_AGAIN: readonly RunState[] = ["failed", "canceled", "expired"];

/** Whether a run could be expired now. */
export function judgeExpiry(run: RunFacts): Verdict {
  if (run.status === "expired") return already("it is expired");
  if (!canTransition(run.status, "expired")) return refused(leadsNowhere(run, "expired"));
  return allowed("expire it", run.lease === null ? "no slot is freed: it holds none" : "free its slot");
}

/** Whether an agent's run could be said to be in another state now. */
export function judgeTransition(
  run: RunFacts,
  { to, code, now }: { to: RunState; code: ReasonCode | undefined; now: Date },
): Verdict {
  if (!mayTransition("agent", run.status, to)) return refused(leadsNowhere(run, to));
  if (isTerminal(to)) return allowed(`make it ${to}${code === undefined ? "" : ` with ${code}`}`, "free its slot");
  if (leaseEnd(run) > now.getTime()) return allowed(`make it ${to}`);
  const hint = "Acquire a slot for it first, with POST /api/slots/acquire.";
  const message = `Run ${run.run_id} can not become ${to}: it holds no slot.`;
  return refused(new OperatorError("invalid_transition", message, { hint }));
}

/** Whether a run that ended could be done again now. `child` is the live run that does so already. */
export function judgeAnother(run: RunFacts, by: "retry" | "resume", child: RunView | undefined): Verdict {
  const problem = by === "retry" ? retryProblem(run) : resumeProblem(run);
  if (problem !== undefined) return refused(notEndedSo(run, by, problem));
  if (child !== undefined) return already(`run ${child.run_id} does that, and is ${child.status}`);
  if (by === "retry") return allowed("queue a new run of the branch or commit that it was asked for");
  return allowed(`queue a new run of exactly its commit, ${run.commit_sha ?? "the one that it was asked for"}`);
}

const retryProblem = ({ status }: RunFacts): string | undefined =>
  TRIED_AGAIN.includes(status) ? undefined : `${status}; only one that failed, was canceled or expired is tried again`;

function resumeProblem({ status, failure_reason_code: code }: RunFacts): string | undefined {
  if (status === "expired" || (status === "failed" && code === "AGENT_TIMEOUT")) return undefined;
  const why = code === null ? status : `${status} with ${code}`;
  return `${why}; only one that ran out of time or expired is resumed`;
}

function notEndedSo({ run_id: id, status }: RunFacts, by: "retry" | "resume", problem: string): OperatorError {
  const hint =
    by === "resume" && TRIED_AGAIN.includes(status)
      ? `Try it again with: oroboros runs retry ${id}`
      : `See the run with: oroboros runs show ${id}`;
  return new OperatorError("invalid_transition", `Run ${id} is ${problem}.`, { hint });
}

function leadsNowhere({ run_id: id, status }: RunFacts, to: RunState): OperatorError {
  const problem =
    status === to
      ? `it is ${to} already`
      : canTransition(status, to)
        ? `nobody but the system makes a run that is ${status} ${to}`
        : `it is ${status}, and ${status} does not lead to ${to}`;
  return new OperatorError("invalid_transition", `Run ${id} can not become ${to}: ${problem}.`, {
    hint: `See the run with: oroboros runs show ${id}`,
  });
}
