import type { RunEvent } from "@oroboros/slot-contract";
import { runIdArgument } from "../command-input.ts";
import type { RunCommand } from "../command.ts";
import { connectApi } from "../connect-api.ts";
import { followRun } from "../follow/follow-run.ts";
import { eventLine, eventTable, readEvents } from "../read-events.ts";
import { endOf } from "../run-end.ts";
import { unlessInterrupted } from "../unless-interrupted.ts";

export const runsEvents: RunCommand = async (context) => {
  const { input, print, world } = context;
  const runId = runIdArgument(input);
  const api = await connectApi(context);
  if (!input.flag("follow")) {
    const events = await readEvents(api, runId);
    return { ok: true, fields: { run_id: runId, events }, text: eventTable(events) };
  }
  const events: RunEvent[] = [];
  const onEvent = (event: RunEvent): void => {
    events.push(event);
    print(eventLine(event));
  };
  return unlessInterrupted(world, runId, async () => {
    const run = await followRun({ api, runId, clock: world.clock, onEvent });
    return { ok: true, fields: { run_id: runId, status: run.status, events }, text: endOf(run) };
  });
};
