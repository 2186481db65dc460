import { parseRunId } from "../command-input.ts";
import type { RunCommand } from "../command.ts";
import { connectApi } from "../connect-api.ts";
import { judgeExpiry } from "../dry-run/judge-move.ts";
import { planRunAction } from "../dry-run/plan-run-action.ts";
import { describe } from "../table.ts";

export const runsExpire: RunCommand = async (context) => {
  const { input } = context;
  const runId = parseRunId(input.text("run_id"));
  const api = await connectApi(context);
  if (input.flag("dryRun")) return planRunAction(api, { runId, needs: "operator", judge: judgeExpiry });
  const run = await api.expireRun(runId, input.optionalText("reason"));
  return { ok: true, fields: run, text: describe(run) };
};
