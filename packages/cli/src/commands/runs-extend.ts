import { extendRunRequestSchema } from "@oroboros/slot-contract";
import { runIdArgument } from "../command-input.ts";
import type { RunCommand } from "../command.ts";
import { connectApi } from "../connect-api.ts";
import { judgeExtension } from "../dry-run/judge-review.ts";
import { planRunAction } from "../dry-run/plan-run-action.ts";
import { parseOptions } from "../parse-options.ts";
import { describe } from "../table.ts";

export const runsExtend: RunCommand = async (context) => {
  const { input } = context;
  const runId = runIdArgument(input);
  const text = input.text("hours");
  const { hours } = parseOptions("runs extend", extendRunRequestSchema, {
    hours: /^[0-9]{1,9}$/.test(text) ? Number(text) : text,
  });
  const api = await connectApi(context);
  if (input.flag("dryRun")) {
    const now = context.world.clock.today();
    return planRunAction(api, { runId, needs: "operator", judge: (run) => judgeExtension(run, hours, now) });
  }
  const preview = await api.extendRun(runId, hours);
  return { ok: true, fields: preview, text: describe(preview) };
};
