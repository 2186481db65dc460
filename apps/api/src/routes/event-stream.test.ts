import { appendEvent, createToken, revokeToken, transitionRun } from "@oroboros/control-store";
import { hashToken } from "@oroboros/host/read-only";
import { runEventSchema, type RunEvent, type RunId } from "@oroboros/slot-contract";
import { eventually } from "@oroboros/test-support";
import { expect, onTestFinished, test } from "vitest";
import { aRun, useApi, type Call } from "../testing/use-api.ts";
import { whileLocked } from "../testing/while-locked.ts";
import { readEventStream } from "../testing/read-event-stream.ts";

const api = useApi();
const SOON = { deadlineMs: 60_000 };

test("a finished run's stream is all of its events, and ends", async () => {
  const runId = await aFinishedRun();
  const answer = await api.call(`/api/runs/${runId}/events/stream`, { as: "viewer" });
  expect(answer.status).toBe(200);
  expect(answer.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
  expect(answer.headers.get("cache-control")).toBe("no-store");
  const { items } = (await api.call(`/api/runs/${runId}/events`)).body as { items: RunEvent[] };
  const frames = answer.text.split("\n\n").filter((frame) => frame !== "");
  expect(frames).toEqual(
    items.map((event) => `id: ${event.event_id}\nevent: run_event\ndata: ${JSON.stringify(event)}`),
  );
  expect(items).toHaveLength(3);
});

test("a stream goes on where the client left off; what the browser says wins over what the address says", async () => {
  const runId = await aFinishedRun();
  const { items } = (await api.call(`/api/runs/${runId}/events`)).body as { items: RunEvent[] };
  const [first, second] = items.map(({ event_id: id }) => id) as [string, string];
  const idsOf = async (query: string, headers: Record<string, string> = {}) =>
    [...(await api.call(`/api/runs/${runId}/events/stream${query}`, { headers })).text.matchAll(/^id: (\d+)$/gm)].map(
      ([, id]) => id,
    );
  expect(await idsOf(`?since_id=${second}`)).toEqual([items[2]?.event_id]);
  expect(await idsOf(`?since_id=${second}`, { "last-event-id": first })).toEqual([second, items[2]?.event_id]);
  expect(await idsOf(`?follow=false`, { "last-event-id": items[2]!.event_id })).toEqual([]);
});

test("a browser that comes back after the end is told to stay away", async () => {
  const runId = await aFinishedRun();
  const { items } = (await api.call(`/api/runs/${runId}/events`)).body as { items: RunEvent[] };
  const last = { "last-event-id": items.at(-1)!.event_id };
  expect((await api.call(`/api/runs/${runId}/events/stream`, { headers: last })).status).toBe(204);
});

test("events come as they are committed, and the one that ends the run is the last", async () => {
  const { runId } = await aRun(api.store);
  const stream = await open(runId);
  await eventually(() => stream.events.length === 1, SOON);
  for (const step of ["checkout", "migration"]) {
    await appendEvent(api.store, { runId, eventType: "step_started", detail: { step } });
  }
  await eventually(() => stream.events.length === 3, SOON);
  await transitionRun(api.store, { runId, to: "canceled", reasonCode: "AGENT_CANCELED" });
  await stream.ended;
  expect(stream.events.map(({ event_type: type }) => type)).toEqual([
    "run_created",
    "step_started",
    "step_started",
    "run_transitioned",
  ]);
  expect(runEventSchema.array().parse(stream.events)).toHaveLength(4);
});

test("with follow=false a live run's stream is what there is", async () => {
  const { runId } = await aRun(api.store);
  const answer = await api.call(`/api/runs/${runId}/events/stream?follow=false`);
  expect(answer.text.match(/^id: /gm)).toHaveLength(1);
});

test("streams end when the api drains, and the client may go on elsewhere", async () => {
  const closing = new AbortController();
  const { runId } = await aRun(api.store);
  const stream = await open(runId, { api: api.with({ closing: closing.signal }) });
  await eventually(() => stream.events.length === 1, SOON);
  closing.abort();
  await stream.ended;
});

test.each([
  ["?since_id=x", {}, 400],
  ["?follow=perhaps", {}, 400],
  ["", { "last-event-id": "1; drop table" }, 400],
  ["", { "last-event-id": "9".repeat(19) }, 400],
])("a stream asked for with %j and %j is refused", async (query, headers, status) => {
  const { runId } = await aRun(api.store);
  const answer = await api.call(`/api/runs/${runId}/events/stream${query}`, { headers });
  expect(answer).toMatchObject({ status, body: { code: "invalid_request" } });
});

test("there is no stream of a run that does not exist", async () => {
  const answer = await api.call("/api/runs/00000000-0000-4000-8000-000000000000/events/stream");
  expect(answer).toMatchObject({ status: 404, body: { code: "run_not_found" } });
});

test("asking for the headers alone opens no stream", async () => {
  const { runId } = await aRun(api.store);
  expect(await api.call(`/api/runs/${runId}/events/stream`, { method: "HEAD" })).toMatchObject({
    status: 200,
    text: "",
  });
});

test("one principal's streams are limited, and one that ends makes room for another", async () => {
  const { runId } = await aRun(api.store);
  const limited = api.with({});
  const streams = await Promise.all(Array.from({ length: 32 }, () => open(runId, { api: limited })));
  const refused = await api.call(`/api/runs/${runId}/events/stream`, { api: limited });
  expect(refused).toMatchObject({ status: 429, body: { code: "rate_limited" } });
  streams[0]!.giveUp();
  await streams[0]!.ended;
  await eventually(async () => {
    const path = `/api/runs/${runId}/events/stream?follow=false`;
    return (await api.call(path, { api: limited })).status === 200;
  }, SOON);
});

test("a stream whose answer was given up is never opened, and takes nobody's place", async () => {
  const { runId } = await aRun(api.store);
  const hurried = api.with({ answerDeadlineMs: 1_000 });
  const path = `/api/runs/${runId}/events/stream`;
  const answers = await whileLocked(api.database.url, "lock table runs in access exclusive mode", () =>
    Promise.all(Array.from({ length: 40 }, () => api.call(path, { api: hurried }))),
  );
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]));
  // Each of these waits for a connection behind what is left of those.
  for (let round = 0; round < 5; round += 1) {
    // A stream that is open all the same stays so, and there are more of those than places: what is asked for again is the time.
    await eventually(async () => (await api.call(`${path}?follow=false`, { api: hurried })).status === 200, SOON);
  }
});

test("a revoked token's stream ends at the next heartbeat, and no other does", async () => {
  const { runId } = await aRun(api.store);
  const token = "oro_a-token-that-is-revoked";
  const { tokenId } = await createToken(api.store, { label: "short", role: "viewer", hash: hashToken(token) });
  const beating = api.with({ streamLimits: { heartbeatMs: 20 } });
  const [revoked, other] = [await open(runId, { api: beating, as: token }), await open(runId, { api: beating })];
  await eventually(() => revoked.comments.length >= 2, SOON);
  await revokeToken(api.store, tokenId);
  await revoked.ended;
  const heard = other.comments.length;
  await eventually(() => other.comments.length > heard + 1, SOON);
});

async function aFinishedRun(): Promise<RunId> {
  const { runId } = await aRun(api.store);
  await appendEvent(api.store, { runId, eventType: "step_started", detail: { step: "line\nbreak \u2028" } });
  await transitionRun(api.store, { runId, to: "canceled", reasonCode: "AGENT_CANCELED" });
  return runId;
}

async function open(runId: RunId, from: Pick<Call, "api" | "as"> = {}) {
  const giveUp = new AbortController();
  onTestFinished(() => giveUp.abort());
  const response = await api.open(`/api/runs/${runId}/events/stream`, { ...from, signal: giveUp.signal });
  return { ...readEventStream(response), giveUp: () => giveUp.abort() };
}
