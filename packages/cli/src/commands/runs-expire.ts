import { expireRunRequestSchema } from "@oroboros/slot-contract";
import { runIdArgument } from "../command-input.ts";
import type { RunCommand } from "../command.ts";
import { connectApi } from "../connect-api.ts";
import { judgeExpiry } from "../dry-run/judge-move.ts";
import { planRunAction } from "../dry-run/plan-run-action.ts";
import { parseOptions } from "../parse-options.ts";
import { describe } from "../table.ts";

export const runsExpire: RunCommand = async (context) => {
  const { input } = context;
  const runId = runIdArgument(input);
  const reason = input.optionalText("reason");
  const request = parseOptions("runs expire", expireRunRequestSchema, { reason });
  const api = await connectApi(context);
  if (input.flag("dryRun")) return planRunAction(api, { runId, needs: "operator", judge: judgeExpiry });
  const run = await api.expireRun(runId, request?.reason);
  return { ok: true, fields: run, text: describe(run) };
};
