import { readOn } from "@oroboros/control-store";
import { isTerminal, OperatorError, streamEventsQuerySchema } from "@oroboros/slot-contract";
import type { Context } from "hono";
import { incomingOf, principalOf, type ApiEnv } from "../acting.ts";
import type { Api, ApiContext } from "../api-context.ts";
import { authenticate } from "../authenticate.ts";
import { limitStreams } from "../events/limit-streams.ts";
import { STREAM_LIMITS, streamEvents } from "../events/stream-events.ts";
import { identify } from "../identify.ts";
import { parseQuery, runIdParameter, runNotFound } from "../parse-request.ts";

const HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-store",
  // A proxy that buffers would keep the events to itself.
  "x-accel-buffering": "no",
};

/** A run's events as they are committed, for as long as the run and the reader last. */
export function eventStreamRoute(api: Api, context: ApiContext): void {
  const { store, events: watch, log } = context;
  const closing = context.closing ?? new AbortController().signal;
  const limits = { ...STREAM_LIMITS, ...context.streamLimits };
  const openStreams = limitStreams();

  api.get("/api/runs/:id/events/stream", authenticate(store, "viewer"), async (c) => {
    const runId = runIdParameter(c);
    const query = parseQuery(c, streamEventsQuerySchema);
    const resumed = lastEventId(c);
    const sinceId = resumed ?? query.since_id;
    const read = await readOn(store, { runId, sinceId, limit: 1 });
    if (read === undefined) throw runNotFound(runId);
    // The one answer that keeps a browser's EventSource from asking again, and again.
    if (resumed !== undefined && query.follow && isTerminal(read.status) && read.events.length === 0) {
      return c.body(null, 204);
    }
    if (c.req.method === "HEAD") return c.body(null, 200, HEADERS);
    const givenUp = c.get("givenUp");
    givenUp.throwIfAborted();
    const onEnd = openStreams.open(principalOf(c).name);
    const body = streamEvents({
      store,
      watch,
      runId,
      sinceId,
      follow: query.follow,
      limits,
      signal: AbortSignal.any([c.req.raw.signal, givenUp, closing]),
      disconnect: disconnectOf(c),
      mayRead: () => isStillKnown(c, context),
      onEnd,
      onError: (error) =>
        log.error({ err: error, run_id: runId, trace_id: c.get("traceId") }, "a stream of events failed"),
    });
    return c.body(body, 200, HEADERS);
  });
}

/** Whether whoever sent this request would pass with it now; a token may have been revoked, and a membership may have ended. */
async function isStillKnown(c: Context<ApiEnv>, { store }: ApiContext): Promise<boolean> {
  try {
    const { name } = await identify(c, store);
    return name === principalOf(c).name;
  } catch (error) {
    if (error instanceof OperatorError) return false;
    throw error;
  }
}

function disconnectOf(c: Context<ApiEnv>): (() => void) | undefined {
  const socket = incomingOf(c)?.socket;
  return socket && (() => void socket.destroy());
}

/** Where the client left off, in the words of server-sent events. @throws OperatorError `invalid_request`. */
function lastEventId(c: Context<ApiEnv>): string | undefined {
  const id = c.req.header("last-event-id")?.trim() ?? "";
  if (id === "") return undefined;
  if (/^[0-9]{1,18}$/.test(id)) return id;
  throw new OperatorError("invalid_request", `Last-Event-ID ${JSON.stringify(id.slice(0, 40))} is no event's id.`, {
    hint: "Send the id of the last event that was received, or leave the header out.",
  });
}
