import { awaitAttempt } from "../await-attempt.ts";
import { optionalCommit, optionalSeconds, runIdArgument, WAIT_OPTION } from "../command-input.ts";
import type { RunCommand } from "../command.ts";
import { connectApi } from "../connect-api.ts";
import { describe } from "../table.ts";
import { unlessInterrupted } from "../unless-interrupted.ts";

export const runsPublish: RunCommand = async (context) => {
  const { input } = context;
  const runId = runIdArgument(input);
  const commitSha = optionalCommit(input);
  const deadlineSeconds = optionalSeconds(input, WAIT_OPTION);
  const api = await connectApi(context);
  const requested = await api.publishRun(runId, commitSha);
  if (!input.flag("wait") || deadlineSeconds === undefined)
    return { ok: true, fields: requested, text: describe(requested) };
  const { attempt } = requested;
  const { progress, world } = context;
  return unlessInterrupted(world, runId, () =>
    awaitAttempt({ api, runId, attempt, deadlineSeconds, clock: world.clock, progress }),
  );
};
