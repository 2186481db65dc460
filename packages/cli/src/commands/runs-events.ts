import { runIdArgument } from "../command-input.ts";
import type { RunCommand } from "../command.ts";
import { connectApi } from "../connect-api.ts";
import { eventTable, readEvents } from "../read-events.ts";

export const runsEvents: RunCommand = async (context) => {
  const runId = runIdArgument(context.input);
  const events = await readEvents(await connectApi(context), runId);
  return { ok: true, fields: { run_id: runId, events }, text: eventTable(events) };
};
