import { commitShaSchema, OperatorError, type CommitSha } from "@oroboros/slot-contract";
import { awaitAttempt } from "../await-attempt.ts";
import { optionalSeconds, parseRunId } from "../command-input.ts";
import type { RunCommand } from "../command.ts";
import { connectApi } from "../connect-api.ts";
import { describe } from "../table.ts";

const MAX_WAIT_SECONDS = 86_400;

export const runsPublish: RunCommand = async (context) => {
  const { input } = context;
  const runId = parseRunId(input.text("run_id"));
  const commitSha = parseCommit(input.optionalText("commit"));
  const deadlineSeconds = optionalSeconds(input, "waitSeconds", MAX_WAIT_SECONDS);
  const api = await connectApi(context);
  const requested = await api.publishRun(runId, commitSha);
  if (!input.flag("wait") || deadlineSeconds === undefined)
    return { ok: true, fields: requested, text: describe(requested) };
  const { attempt } = requested;
  const { clock } = context.world;
  return awaitAttempt({ api, runId, attempt, deadlineSeconds, clock, progress: context.progress });
};

function parseCommit(text: string | undefined): CommitSha | undefined {
  if (text === undefined) return undefined;
  const parsed = commitShaSchema.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new OperatorError("invalid_request", `${JSON.stringify(text.slice(0, 80))} is no full commit id.`, {
    hint: "Use all 40 digits, for example from: git rev-parse HEAD",
  });
}
