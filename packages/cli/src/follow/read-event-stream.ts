import { RUN_EVENT, runEventSchema, type RunEvent } from "@oroboros/slot-contract";

/** Far more than one event has; what sends more without an end to it is no stream of events. */
const MAX_FRAME_LENGTH = 4 * 1024 * 1024;

/** The run events of a body of server-sent events, one after the other; comments and events of other names are left out. */
export async function* readEventStream(body: AsyncIterable<Uint8Array>): AsyncGenerator<RunEvent> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const bytes of body) {
    const frames = (rest + decoder.decode(bytes, { stream: true })).split(/\r?\n\r?\n/);
    rest = frames.pop() ?? "";
    if (rest.length > MAX_FRAME_LENGTH) throw new Error("the stream of events does not end its events");
    yield* frames.flatMap(runEventOf);
  }
}

/** https://html.spec.whatwg.org/multipage/server-sent-events.html: lines of `field: value`, one space left out. */
function runEventOf(frame: string): RunEvent[] {
  const lines = frame.split(/\r?\n/);
  const values = (field: string): string[] =>
    lines.flatMap((line) => (line.startsWith(`${field}:`) ? [line.slice(field.length + 1).replace(/^ /, "")] : []));
  if (values("event").at(-1) !== RUN_EVENT) return [];
  return [runEventSchema.parse(JSON.parse(values("data").join("\n")))];
}
