import type { RunChecks } from "@oroboros/slot-contract";
import { runIdArgument } from "../command-input.ts";
import type { RunCommand } from "../command.ts";
import { connectApi } from "../connect-api.ts";
import { describe, table } from "../table.ts";

const SHORT_SHA = 12;

export const runsChecks: RunCommand = async (context) => {
  const checks = await (await connectApi(context)).runChecks(runIdArgument(context.input));
  const text =
    checks.attempt === null
      ? "Nothing of this run was checked yet."
      : [describePublish(checks), describeSteps(checks)].join("\n\n");
  return { ok: true, fields: checks, text };
};

/** What was checked and what came of it; what is live is another publish's where this one failed. */
function describePublish({ attempt, attempt_status: status, commit_sha, failure_message, live }: RunChecks): string {
  const isShown = live?.attempt === attempt;
  const shown = isShown ? "this publish" : live && `publish ${live.attempt}, commit ${live.commit_sha}`;
  return describe({ publish: attempt, status, commit_sha, failure_message, preview_shows: shown ?? "nothing" });
}

function describeSteps({ items }: RunChecks): string {
  if (items.length === 0) return "No step of this publish has ended.";
  const rows = items.map((check) => [
    check.name,
    check.status,
    check.duration_ms,
    check.commit_sha.slice(0, SHORT_SHA),
    check.message ?? check.artifact_uri,
  ]);
  return table(["check", "status", "ms", "commit", "evidence"], rows);
}
