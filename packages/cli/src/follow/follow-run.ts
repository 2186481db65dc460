import { isTerminal, OperatorError, type RunDetail, type RunEvent, type RunId } from "@oroboros/slot-contract";
import type { ApiClient } from "../api-client.ts";
import { askPatiently } from "../ask-patiently.ts";
import { readEvents } from "../read-events.ts";
import type { World } from "../world.ts";

const AGAIN_AFTER_MS = 250;

/**
 * Tells every event of a run, oldest first, until the run has ended, and what the run is then. A stream that breaks off is taken up
 * after the last event that was told: none is told twice, and none is left out.
 */
export async function followRun(request: {
  api: ApiClient;
  runId: RunId;
  clock: World["clock"];
  onEvent: (event: RunEvent) => void | Promise<void>;
}): Promise<RunDetail> {
  const { api, runId, clock } = request;
  let lastId = "0";
  const tell = async (event: RunEvent): Promise<void> => {
    await request.onEvent(event);
    lastId = event.event_id;
  };
  for (;;) {
    await tellStream(api.streamEvents(runId, lastId), tell);
    // Asked for before what is left is read: nothing happens to a run that has ended.
    const run = await askPatiently(clock, () => api.showRun(runId));
    if (isTerminal(run.status)) {
      for (const event of await readEvents(api, runId, lastId)) await tell(event);
      return run;
    }
    await clock.sleep(AGAIN_AFTER_MS, new AbortController().signal);
  }
}

/** Ends with the stream, also where it breaks off; what the api refuses is thrown. */
async function tellStream(events: AsyncIterable<RunEvent>, tell: (event: RunEvent) => Promise<void>): Promise<void> {
  const stream = events[Symbol.asyncIterator]();
  for (;;) {
    const next = await stream.next().catch(brokenOff);
    if (next === undefined || next.done === true) return;
    await tell(next.value);
  }
}

function brokenOff(error: unknown): undefined {
  const isRefusal = error instanceof OperatorError && error.code !== "unreachable";
  if (isRefusal) throw error;
  return undefined;
}
