import type { RunDetail } from "@oroboros/slot-contract";

/** What to type next about a run; null where there is nothing left to do. */
export function nextStep(run: RunDetail): string | null {
  const { run_id: id } = run;
  const isBeingPublished = run.attempts.some(({ status }) => status === "requested" || status === "running");
  switch (run.status) {
    case "queued":
    case "merging":
    case "deploying":
      return `oroboros runs events ${id} --follow`;
    case "planning":
    case "editing":
    case "testing":
      return `oroboros runs logs ${id} --follow`;
    case "preview_ready":
    case "needs_approval":
      return isBeingPublished ? `oroboros runs logs ${id} --follow` : reviewStep(run);
    case "approved":
      return `nothing merges it yet; keep its slot with: oroboros runs extend ${id} --hours 24`;
    case "failed":
      return `oroboros runs logs ${id}, then: oroboros runs ${isOutOfTime(run) ? "resume" : "retry"} ${id}`;
    case "canceled":
      return `oroboros runs retry ${id}`;
    case "expired":
      return `oroboros runs resume ${id}`;
    case "merged":
      return null;
    default:
      return run.status satisfies never;
  }
}

const isOutOfTime = (run: RunDetail): boolean => run.failure_reason_code === "AGENT_TIMEOUT";

function reviewStep({ run_id: id, commit_sha: commit, frontend_url: url }: RunDetail): string {
  const look = url === null ? "" : `look at ${url}, then: `;
  const exactly = commit === null ? "" : ` --commit ${commit}`;
  return `${look}oroboros runs approve ${id}${exactly}, or: oroboros runs reject ${id} --reason "…"`;
}
