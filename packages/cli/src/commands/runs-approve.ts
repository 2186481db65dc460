import { approveRunRequestSchema, rejectRunRequestSchema, type DestructiveReport } from "@oroboros/slot-contract";
import { optionalCommit, runIdArgument } from "../command-input.ts";
import type { CommandOutcome, RunCommand } from "../command.ts";
import { connectApi } from "../connect-api.ts";
import { describeDestructive } from "../describe-destructive.ts";
import { judgeApproval, judgeRejection } from "../dry-run/judge-review.ts";
import { planRunAction } from "../dry-run/plan-run-action.ts";
import type { RunFacts } from "../dry-run/run-facts.ts";
import { parseOptions } from "../parse-options.ts";
import { describe } from "../table.ts";

export const runsApprove: RunCommand = async (context) => {
  const { input } = context;
  const runId = runIdArgument(input);
  const commitSha = optionalCommit(input);
  const { reason, reviewer_id } = parseOptions("runs approve", approveRunRequestSchema, {
    reason: input.optionalText("reason"),
    reviewer_id: input.optionalText("reviewer"),
  });
  const api = await connectApi(context);
  if (input.flag("dryRun")) {
    const now = context.world.clock.today();
    const judge = (run: RunFacts) => judgeApproval(run, commitSha, now);
    const outcome = await planRunAction(api, { runId, needs: "operator", judge });
    return outcome.ok ? tellDestructive(outcome, await api.destructiveToApprove(runId)) : outcome;
  }
  const approval = await api.approveRun(runId, { commit_sha: commitSha, reason, reviewer_id });
  const destructive = describeDestructive(approval.destructive_statements);
  return { ok: true, fields: approval, text: [describe(approval), ...destructive].join("\n\n") };
};

/** It is looked at before it is approved. */
function tellDestructive(outcome: CommandOutcome & { ok: true }, report: DestructiveReport | null): CommandOutcome {
  const text = [outcome.text, ...describeDestructive(report)].join("\n\n");
  return { ...outcome, fields: { ...outcome.fields, destructive_statements: report }, text };
}

export const runsReject: RunCommand = async (context) => {
  const { input } = context;
  const runId = runIdArgument(input);
  const rejection = parseOptions("runs reject", rejectRunRequestSchema, {
    reason: input.text("reason"),
    failure_reason_code: input.text("code"),
    reviewer_id: input.optionalText("reviewer"),
  });
  const api = await connectApi(context);
  if (input.flag("dryRun")) {
    const { failure_reason_code: code } = rejection;
    const judge = async (run: RunFacts) => judgeRejection(run, await api.listApprovals(runId), code);
    return planRunAction(api, { runId, needs: "operator", judge });
  }
  const rejected = await api.rejectRun(runId, rejection);
  return { ok: true, fields: rejected, text: describe(rejected) };
};
