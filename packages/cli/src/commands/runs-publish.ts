import { awaitAttempt } from "../await-attempt.ts";
import { optionalCommit, optionalSeconds, parseRunId } from "../command-input.ts";
import type { RunCommand } from "../command.ts";
import { connectApi } from "../connect-api.ts";
import { describe } from "../table.ts";

const MAX_WAIT_SECONDS = 86_400;

export const runsPublish: RunCommand = async (context) => {
  const { input } = context;
  const runId = parseRunId(input.text("run_id"));
  const commitSha = optionalCommit(input);
  const deadlineSeconds = optionalSeconds(input, "waitSeconds", MAX_WAIT_SECONDS);
  const api = await connectApi(context);
  const requested = await api.publishRun(runId, commitSha);
  if (!input.flag("wait") || deadlineSeconds === undefined)
    return { ok: true, fields: requested, text: describe(requested) };
  const { attempt } = requested;
  const { clock } = context.world;
  return awaitAttempt({ api, runId, attempt, deadlineSeconds, clock, progress: context.progress });
};
