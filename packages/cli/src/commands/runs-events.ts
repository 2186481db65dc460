import { parseRunId } from "../command-input.ts";
import type { RunCommand } from "../command.ts";
import { connectApi } from "../connect-api.ts";
import { eventTable, readEvents } from "../read-events.ts";

export const runsEvents: RunCommand = async (context) => {
  const runId = parseRunId(context.input.text("run_id"));
  const events = await readEvents(await connectApi(context), runId);
  return { ok: true, fields: { run_id: runId, events }, text: eventTable(events) };
};
