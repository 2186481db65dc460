import {
  acquireMaintenanceLease,
  findLease,
  findRun,
  holdLease,
  listEvents,
  transitionRun,
} from "@oroboros/control-store";
import { parseSlotId, releaseSlotResponseSchema, slotViewSchema } from "@oroboros/slot-contract";
import { afterEach, expect, test } from "vitest";
import { aLiveRun, aRun, useApi } from "../testing/use-api.ts";

const api = useApi();
const preview1 = parseSlotId(api.contract, "preview-1");
afterEach(() => api.clear());

test("every slot is listed with its run, its state and its addresses", async () => {
  const { run } = await aLiveRun(api.store);
  const slots = slotViewSchema.array().parse((await api.call("/api/slots", { as: "viewer" })).body);
  expect(slots.map(({ slot_id, state, run_id, lease_state }) => [slot_id, state, run_id, lease_state])).toEqual([
    ["preview-1", "planning", run.runId, "held"],
    ["preview-2", "idle", null, "free"],
    ["preview-3", "idle", null, "free"],
  ]);
  expect(slots[1]).toMatchObject({ frontend_url: "http://127.0.0.1:3102", backend_url: "http://127.0.0.1:8102" });
});

test("releasing a slot ends its lease and its run", async () => {
  const { run, lease } = await aLiveRun(api.store);
  expect(await release("preview-1")).toEqual({
    released: true,
    slot_id: "preview-1",
    run_id: run.runId,
    reason: "released",
  });
  expect(await findLease(api.store, preview1)).toMatchObject({ leaseState: "free", leaseEpoch: lease.leaseEpoch });
  expect(await findRun(api.store, run.runId)).toMatchObject({
    status: "canceled",
    failureReasonCode: "AGENT_CANCELED",
  });
  const events = await listEvents(api.store, { runId: run.runId, sinceId: "0", limit: 10 });
  expect(events.at(-1)).toMatchObject({ eventType: "lease_released", detail: { slot_id: "preview-1" } });
});

test("a released slot wakes the run that waits for it and a sweep, and a release that frees nothing wakes none", async () => {
  await aLiveRun(api.store);
  const { runId: waiting } = await aRun(api.store);
  const woken: string[] = [];
  const queue = {
    enqueue: async (runId: string) => void woken.push(runId),
    enqueueSweep: async () => void woken.push("sweep"),
    ping: async () => {},
    close: async () => {},
  };
  const call = { api: api.with({ queue }), body: {} };
  await api.call("/api/slots/preview-3/release", call);
  expect(woken).toEqual([]);
  await api.call("/api/slots/preview-1/release", call);
  expect(woken).toEqual([waiting, "sweep"]);
});

test("a second release frees nothing, with or without the run's id", async () => {
  const { run } = await aLiveRun(api.store);
  await release("preview-1", { run_id: run.runId });
  const already_free = { released: false, slot_id: "preview-1", run_id: null, reason: "already_free" };
  expect(await release("preview-1")).toEqual(already_free);
  expect(await release("preview-1", { run_id: run.runId })).toEqual(already_free);
});

test("a run that does not hold the slot releases nothing", async () => {
  const { run } = await aLiveRun(api.store);
  const { runId: other } = await aRun(api.store);
  expect(await release("preview-1", { run_id: other })).toMatchObject({ released: false, reason: "held_by_other_run" });
  expect(await findLease(api.store, preview1)).toMatchObject({ leaseState: "held", runId: run.runId });
  expect(await findRun(api.store, run.runId)).toMatchObject({ status: "planning" });
  expect(await findRun(api.store, other)).toMatchObject({ status: "queued" });
});

test("a slot has an alias without the hyphen", async () => {
  await aLiveRun(api.store);
  expect(await release("preview1")).toMatchObject({ released: true, slot_id: "preview-1" });
});

test("a slot whose run has ended is freed, and the run stays as it ended", async () => {
  const { run } = await aLiveRun(api.store);
  await transitionRun(api.store, { runId: run.runId, to: "failed", reasonCode: "CHECKS_FAILED", message: "red" });
  expect(await release("preview-1")).toMatchObject({ released: true });
  expect(await findRun(api.store, run.runId)).toMatchObject({ status: "failed", failureReasonCode: "CHECKS_FAILED" });
});

test("a slot in maintenance can be released: the operation's next write is refused", async () => {
  const lease = await acquireMaintenanceLease(api.store, preview1, 60);
  const { runId } = await aRun(api.store);
  expect(await release("preview-1", { run_id: runId })).toMatchObject({ reason: "held_by_other_run", run_id: null });
  expect(await release("preview-1")).toMatchObject({ released: true, run_id: null, reason: "released" });
  const stale = api.store.transaction().execute((tx) => holdLease(tx, lease!));
  await expect(stale).rejects.toMatchObject({ code: "stale_lease" });
});

test("of many releases and cancellations at once one frees the slot, and none fails", async () => {
  const { run } = await aLiveRun(api.store);
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, index) =>
      index % 2 === 0
        ? api.call("/api/slots/preview-1/release", { body: {} })
        : api.call(`/api/runs/${run.runId}/cancel`, { method: "POST" }),
    ),
  );
  expect(answers.filter(({ status }) => status !== 200 && status !== 403)).toEqual([]);
  const events = await listEvents(api.store, { runId: run.runId, sinceId: "0", limit: 50 });
  expect(events.filter(({ eventType }) => eventType === "lease_released")).toHaveLength(1);
});

test.each(["preview-9", "preview-0", "preview-01", "main", "preview-1%2F..", "app_preview_1"])(
  "%s is no slot",
  async (slot) => {
    const answer = await api.call(`/api/slots/${slot}/release`, { body: {} });
    expect(answer).toMatchObject({
      status: 400,
      body: { code: "invalid_slot", hint: expect.stringContaining("preview-1") },
    });
  },
);

test.each([{ run_id: "1" }, { run: "x" }, { run_id: null }])(
  "a release with %j is refused and frees nothing",
  async (body) => {
    await aLiveRun(api.store);
    expect(await api.call("/api/slots/preview-1/release", { body })).toMatchObject({
      status: 400,
      body: { code: "invalid_request" },
    });
    expect(await findLease(api.store, preview1)).toMatchObject({ leaseState: "held" });
  },
);

async function release(slot: string, body: object = {}): Promise<unknown> {
  const answer = await api.call(`/api/slots/${slot}/release`, { body });
  expect(answer.status).toBe(200);
  return releaseSlotResponseSchema.parse(answer.body);
}
