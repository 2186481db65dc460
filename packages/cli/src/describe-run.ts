import type { ApprovalView, RunDetail } from "@oroboros/slot-contract";
import { nextStep } from "./next-step.ts";
import { relativeTime } from "./relative-time.ts";
import { describe } from "./table.ts";

/** A run for a person: besides its fields until when it keeps its slot, who decided on it, and what to type next. */
export function describeRun(
  run: RunDetail,
  { approvals, now }: { approvals: readonly ApprovalView[]; now: Date },
): string {
  return describe({ ...run, slot_until: slotUntil(run, now), decision: decisionOn(approvals), next: nextStep(run) });
}

function slotUntil({ lease }: RunDetail, now: Date): string | null {
  if (lease === null) return null;
  return `${lease.expires_at} (${relativeTime(new Date(lease.expires_at), now)})`;
}

/** The last decision is the one that counts. */
function decisionOn(approvals: readonly ApprovalView[]): string | null {
  const last = approvals.at(-1);
  if (last === undefined) return null;
  const { decision, principal, reviewer_id: reviewer, commit_sha: commit, created_at: at, reason } = last;
  const who = reviewer === null ? principal : `${principal} (${reviewer})`;
  return `${decision} by ${who} at ${at}, commit ${commit}${reason === null ? "" : `: ${reason}`}`;
}
