import { findRun } from "@oroboros/control-store";
import { expect, test } from "vitest";
import { aLiveRun, aRun, useApi } from "./testing/use-api.ts";

const api = useApi();
const forever = new Promise<never>(() => undefined);

test("a queue that does not answer keeps whoever releases a slot waiting no longer than a moment, and is reported", async () => {
  const queue = { enqueue: () => forever, enqueueSweep: () => forever, ping: () => forever, close: () => forever };
  const { run, lease } = await aLiveRun(api.store);
  const { runId: next } = await aRun(api.store);
  const answer = await api.call(`/api/slots/${lease.slotId}/release`, { api: api.with({ queue }), body: {} });
  expect(answer).toMatchObject({ status: 200, body: { released: true } });
  expect(await findRun(api.store, run.runId)).toMatchObject({ status: "canceled" });
  const warned = api.logged.filter(({ level }) => level === "warn").map(({ message }) => message);
  expect(warned.toSorted()).toEqual([
    expect.stringContaining("will find the freed slot itself"),
    expect.stringContaining("will find the run itself"),
  ]);
  expect(api.logged).toContainEqual(expect.objectContaining({ fields: expect.objectContaining({ run_id: next }) }));
});
