import { rejectRunRequestSchema } from "@oroboros/slot-contract";
import { optionalCommit, parseOptions, parseRunId } from "../command-input.ts";
import type { RunCommand } from "../command.ts";
import { connectApi } from "../connect-api.ts";
import { planRunAction } from "../plan-run-action.ts";
import { describe } from "../table.ts";

export const runsApprove: RunCommand = async (context) => {
  const { input } = context;
  const runId = parseRunId(input.text("run_id"));
  const commitSha = optionalCommit(input);
  const api = await connectApi(context);
  if (input.flag("dryRun")) {
    return planRunAction(api, runId, [`approve ${commitSha ?? "the commit that its preview shows"}`]);
  }
  const approval = await api.approveRun(runId, {
    commit_sha: commitSha,
    reason: input.optionalText("reason"),
    reviewer_id: input.optionalText("reviewer"),
  });
  return { ok: true, fields: approval, text: describe(approval) };
};

export const runsReject: RunCommand = async (context) => {
  const { input } = context;
  const runId = parseRunId(input.text("run_id"));
  const rejection = parseOptions("runs reject", rejectRunRequestSchema, {
    reason: input.text("reason"),
    failure_reason_code: input.text("code"),
    reviewer_id: input.optionalText("reviewer"),
  });
  const api = await connectApi(context);
  if (input.flag("dryRun")) {
    return planRunAction(api, runId, [`fail it with ${rejection.failure_reason_code}, and free its slot`]);
  }
  const rejected = await api.rejectRun(runId, rejection);
  return { ok: true, fields: rejected, text: describe(rejected) };
};
