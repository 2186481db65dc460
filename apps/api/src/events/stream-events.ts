import { readOn, type EventWatch, type Store, type StoredEvent } from "@oroboros/control-store";
import { isTerminal, RUN_EVENT, type RunId } from "@oroboros/slot-contract";
import { eventView } from "../run-view.ts";
import { openOutbox, type Outbox, type OutboxLimits } from "./outbox.ts";

const READ_AT_ONCE = 100;

export interface StreamLimits extends OutboxLimits {
  /** A comment is sent where nothing else was for so long, and the reader's right to read is looked at again. */
  heartbeatMs: number;
}

export const STREAM_LIMITS: StreamLimits = {
  maxEvents: 1_000,
  maxBytes: 1_048_576,
  stallMs: 10_000,
  heartbeatMs: 15_000,
};

export interface EventStream {
  store: Store;
  watch: EventWatch;
  runId: RunId;
  /** Events after this one. */
  sinceId: string;
  /** False ends the stream after what there is. */
  follow: boolean;
  limits: StreamLimits;
  /** Ends the stream when the client is gone, or when the api drains. */
  signal: AbortSignal;
  /** Ends the connection of a reader that does not read, which may resume. Undefined where there is none to end. */
  disconnect: (() => void) | undefined;
  /** Whether the reader still may. One who may no more has his stream ended; his next request is told why. */
  mayRead: () => Promise<boolean>;
  onError: (error: unknown) => void;
  onEnd: () => void;
}

/**
 * A run's events as server-sent events, from the database as fast as the client reads: nothing but its outbox is held for it. The
 * stream ends after the event that ended the run.
 */
export function streamEvents(stream: EventStream): ReadableStream<Uint8Array> {
  const ended = new AbortController();
  const outbox = openOutbox({
    limits: stream.limits,
    signal: AbortSignal.any([stream.signal, ended.signal]),
    onCancel: () => ended.abort(),
  });
  void pump(stream, outbox)
    .then(
      (isWhole) => (isWhole ? outbox.close() : cutOff(stream, outbox)),
      (error: unknown) => {
        stream.onError(error);
        cutOff(stream, outbox);
      },
    )
    .finally(stream.onEnd);
  return outbox.body;
}

function cutOff({ disconnect }: EventStream, outbox: Outbox): void {
  // The end of the connection cancels the stream; an error of the stream would be written to a reader that takes nothing.
  if (disconnect === undefined) outbox.drop();
  else disconnect();
}

/** Whether the reader was sent everything it should have been, up to the end or to its own going. */
async function pump({ store, watch, ...stream }: EventStream, outbox: Outbox): Promise<boolean> {
  let news = Promise.withResolvers<void>();
  let { sinceId } = stream;
  let lookedAt = performance.now();
  const unsubscribe = stream.follow ? watch.subscribe(stream.runId, () => news.resolve()) : () => undefined;
  try {
    while (!outbox.signal.aborted) {
      // By the time and not by the heartbeat sent: there is none where there is always news.
      if (performance.now() - lookedAt >= stream.limits.heartbeatMs) {
        if (!(await stream.mayRead())) return true;
        lookedAt = performance.now();
      }
      news = Promise.withResolvers();
      const read = await readOn(store, { runId: stream.runId, sinceId, limit: READ_AT_ONCE });
      for (const event of read?.events ?? []) {
        if (!(await outbox.put(frameOf(event)))) return outbox.signal.aborted;
        sinceId = event.eventId;
      }
      if (read !== undefined && read.events.length > 0) continue;
      if (read === undefined || !stream.follow || isTerminal(read.status)) return true;
      await outbox.pause(news.promise, stream.limits.heartbeatMs);
    }
    return true;
  } finally {
    unsubscribe();
  }
}

const frameOf = (event: StoredEvent): string =>
  `id: ${event.eventId}\nevent: ${RUN_EVENT}\ndata: ${JSON.stringify(eventView(event))}\n\n`;
