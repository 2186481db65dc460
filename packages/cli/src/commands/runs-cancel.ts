import { runIdArgument } from "../command-input.ts";
import type { RunCommand } from "../command.ts";
import { connectApi } from "../connect-api.ts";
import { describe } from "../table.ts";

export const runsCancel: RunCommand = async (context) => {
  const runId = runIdArgument(context.input);
  const run = await (await connectApi(context)).cancelRun(runId);
  return { ok: true, fields: run, text: describe(run) };
};
