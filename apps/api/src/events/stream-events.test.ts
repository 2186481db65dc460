import { once } from "node:events";
import { createServer, get, type IncomingMessage } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { appendEvents, openControlStore, transitionRun, watchEvents } from "@oroboros/control-store";
import type { RunId } from "@oroboros/slot-contract";
import { eventually } from "@oroboros/test-support";
import { expect, onTestFinished, test } from "vitest";
import { readEventStream } from "../testing/read-event-stream.ts";
import { aRun, useApi } from "../testing/use-api.ts";
import { STREAM_LIMITS, streamEvents, type EventStream } from "./stream-events.ts";

const api = useApi();
const SOON = { deadlineMs: 60_000 };

test("a reader that does not read is held no more than the limit of events, then dropped, and may resume", async () => {
  const { runId } = await aRun(api.store);
  await write(runId, 49);
  await open(runId, { maxEvents: 10, stallMs: 20 }).dropped;
  const { stream } = open(runId, { maxEvents: 10 });
  const read = readEventStream(new Response(stream));
  await eventually(() => read.events.length === 50, SOON);
});

test("large events fill a reader's share by their size", async () => {
  const { runId } = await aRun(api.store);
  await write(runId, 5, "x".repeat(1_000));
  await open(runId, { maxBytes: 3_000, stallMs: 20 }).dropped;
  const { stream } = open(runId, { maxBytes: 100_000, stallMs: 20 });
  const read = readEventStream(new Response(stream));
  await eventually(() => read.events.length === 6, SOON);
});

test("a slow reader of a long past gets all of it, at its own speed", async () => {
  const { runId } = await aRun(api.store);
  await write(runId, 300);
  await transitionRun(api.store, { runId, to: "canceled", reasonCode: "AGENT_CANCELED" });
  const { stream } = open(runId, { maxEvents: 5 });
  const { events, ended } = readEventStream(new Response(stream));
  await ended;
  expect(events).toHaveLength(302);
});

test("a stream with nothing to say says so from time to time", async () => {
  const { runId } = await aRun(api.store);
  const { stream } = open(runId, { heartbeatMs: 20 });
  const { events, comments } = readEventStream(new Response(stream));
  await eventually(() => comments.length >= 3, SOON);
  expect(comments[0]).toMatch(/^: /);
  expect(events).toHaveLength(1);
});

test("a stream whose database is gone breaks off instead of staying silent", async () => {
  const { runId } = await aRun(api.store);
  const lost = openControlStore({ databaseUrl: api.database.url, onError: () => undefined });
  const { stream, errors } = open(runId, {}, { store: lost.db, disconnect: undefined });
  const { events, ended } = readEventStream(new Response(stream));
  await eventually(() => events.length === 1, SOON);
  await lost.close();
  await write(runId, 1);
  await expect(ended).rejects.toThrow("does not read");
  expect(errors).toHaveLength(1);
});

test("a reader that goes away leaves nothing behind", async () => {
  const { runId } = await aRun(api.store);
  let subscribers = 0;
  const watch = watchEvents({ databaseUrl: api.database.url, onError: () => undefined });
  onTestFinished(() => watch.close());
  const counting: EventStream["watch"] = {
    ...watch,
    subscribe: (id, wake) => {
      subscribers += 1;
      const stop = watch.subscribe(id, wake);
      return () => {
        subscribers -= 1;
        stop();
      };
    },
  };
  const { stream } = open(runId, {}, { watch: counting });
  const reader = stream.getReader();
  await reader.read();
  expect(subscribers).toBe(1);
  await reader.cancel();
  await eventually(() => subscribers === 0, SOON);
});

test("over a socket, a client that stops reading loses its connection, while another is served", async () => {
  const { runId } = await aRun(api.store);
  const { port, connections } = await serve(runId);
  const [stalled] = (await once(get({ port, host: "127.0.0.1", path: STALLS }), "response")) as [IncomingMessage];
  const closed = once(connections[0]!, "close");
  const other = await fetch(`http://127.0.0.1:${port}`);
  const read = readEventStream(other);
  // More than the sockets' own buffers take.
  for (let round = 0; round < 40; round += 1) await write(runId, 10, "x".repeat(50_000));
  await eventually(() => read.events.length === 401, SOON);
  await closed;
  await expect(stalled.toArray()).rejects.toThrow("aborted");
});

const STALLS = "/stalls";

async function serve(runId: RunId): Promise<{ port: number; connections: Socket[] }> {
  const connections: Socket[] = [];
  const server = createServer((incoming, outgoing) =>
    getRequestListener(() => {
      const disconnect = (): void => void incoming.socket.destroy();
      // Who reads is given all the time that a machine which stands still for a while takes from him.
      const limits = { ...STREAM_LIMITS, stallMs: incoming.url === STALLS ? 100 : 60_000 };
      return new Response(streamEvents({ ...streamOf(runId), limits, disconnect }));
    })(incoming, outgoing),
  );
  server.on("connection", (connection) => connections.push(connection));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return { port: (server.address() as AddressInfo).port, connections };
}

function open(runId: RunId, limits: Partial<EventStream["limits"]>, changes: Partial<EventStream> = {}) {
  const errors: unknown[] = [];
  const { promise: dropped, resolve } = Promise.withResolvers<void>();
  const stream = streamEvents({
    ...streamOf(runId),
    limits: { ...STREAM_LIMITS, ...limits },
    disconnect: resolve,
    onError: (error) => errors.push(error),
    ...changes,
  });
  return { stream, errors, dropped };
}

function streamOf(runId: RunId): EventStream {
  const giveUp = new AbortController();
  const watch = watchEvents({ databaseUrl: api.database.url, onError: () => undefined });
  onTestFinished(async () => {
    giveUp.abort();
    await watch.close();
  });
  return {
    store: api.store,
    watch,
    runId,
    sinceId: "0",
    follow: true,
    limits: STREAM_LIMITS,
    signal: giveUp.signal,
    disconnect: undefined,
    mayRead: () => Promise.resolve(true),
    onError: () => undefined,
    onEnd: () => undefined,
  };
}

const write = (runId: RunId, count: number, text = "") =>
  appendEvents(
    api.store,
    Array.from({ length: count }, (_, index) => ({
      runId,
      eventType: "step_started" as const,
      detail: { index, text },
    })),
  );
