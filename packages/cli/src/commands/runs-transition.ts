import { transitionRunRequestSchema } from "@oroboros/slot-contract";
import { parseOptions, parseRunId } from "../command-input.ts";
import type { RunCommand } from "../command.ts";
import { connectApi } from "../connect-api.ts";
import { planRunAction } from "../plan-run-action.ts";
import { describe } from "../table.ts";

export const runsTransition: RunCommand = async (context) => {
  const { input } = context;
  const runId = parseRunId(input.text("run_id"));
  const { to_status: to, failure_reason_code: code } = parseOptions("runs transition", transitionRunRequestSchema, {
    to_status: input.text("to"),
    failure_reason_code: input.optionalText("code"),
  });
  const api = await connectApi(context);
  if (input.flag("dryRun")) {
    return planRunAction(api, runId, [`make it ${to}${code === undefined ? "" : ` with ${code}, and free its slot`}`]);
  }
  const run = await api.transitionRun(runId, to, code);
  return { ok: true, fields: run, text: describe(run) };
};
