import { transitionRunRequestSchema } from "@oroboros/slot-contract";
import { runIdArgument } from "../command-input.ts";
import type { RunCommand } from "../command.ts";
import { connectApi } from "../connect-api.ts";
import { judgeTransition } from "../dry-run/judge-move.ts";
import { planRunAction } from "../dry-run/plan-run-action.ts";
import { parseOptions } from "../parse-options.ts";
import { describe } from "../table.ts";

export const runsTransition: RunCommand = async (context) => {
  const { input } = context;
  const runId = runIdArgument(input);
  const { to_status: to, failure_reason_code: code } = parseOptions("runs transition", transitionRunRequestSchema, {
    to_status: input.text("to"),
    failure_reason_code: input.optionalText("code"),
  });
  const api = await connectApi(context);
  if (input.flag("dryRun")) {
    const asked = { to, code, now: context.world.clock.today() };
    return planRunAction(api, { runId, needs: "agent", judge: (run) => judgeTransition(run, asked) });
  }
  const run = await api.transitionRun(runId, to, code);
  return { ok: true, fields: run, text: describe(run) };
};
