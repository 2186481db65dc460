import type { RunDetail, RunEvent } from "@oroboros/slot-contract";
import { askPatiently } from "../ask-patiently.ts";
import { runIdArgument } from "../command-input.ts";
import type { RunCommand } from "../command.ts";
import { connectApi } from "../connect-api.ts";
import { followRun } from "../follow/follow-run.ts";
import { readEvents } from "../read-events.ts";
import { endOf } from "../run-end.ts";
import { describeLog, stepLogOf, type StepLog } from "../step-logs.ts";
import { unlessInterrupted } from "../unless-interrupted.ts";

export const runsLogs: RunCommand = async (context) => {
  const { input, print, world } = context;
  const runId = runIdArgument(input);
  const step = input.optionalText("step");
  const api = await connectApi(context);
  const logs: StepLog[] = [];
  if (input.flag("follow")) {
    const onEvent = async (event: RunEvent): Promise<void> => {
      const log = await askPatiently(world.clock, () => stepLogOf(api, runId, { event, step }));
      if (log === undefined) return;
      logs.push(log);
      print(describeLog(log));
    };
    return unlessInterrupted(world, runId, async () => {
      const run = await followRun({ api, runId, clock: world.clock, onEvent });
      return { ok: true, fields: { run_id: runId, status: run.status, logs }, text: endOf(run) };
    });
  }
  const [run, events] = await Promise.all([api.showRun(runId), readEvents(api, runId)]);
  for (const event of events) {
    const log = await stepLogOf(api, runId, { event, step });
    if (log !== undefined) logs.push(log);
  }
  const text = logs.length === 0 ? nothingOf(run, step) : logs.map(describeLog).join("\n\n");
  return { ok: true, fields: { run_id: runId, status: run.status, logs }, text };
};

const nothingOf = (run: RunDetail, step: string | undefined): string =>
  `There is no log of ${step === undefined ? "a step" : step} yet. ${endOf(run)}`;
