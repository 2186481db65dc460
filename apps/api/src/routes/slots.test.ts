import { randomUUID } from "node:crypto";
import {
  acquireMaintenanceLease,
  findLease,
  findRun,
  holdLease,
  listAudit,
  listEvents,
  renewLease,
  transitionRun,
} from "@oroboros/control-store";
import {
  acquireSlotResponseSchema,
  heartbeatResponseSchema,
  LEASE_TTL_SECONDS,
  parseSlotId,
  reapExpiredResponseSchema,
  releaseSlotResponseSchema,
  replaceSlotResponseSchema,
  slotViewSchema,
  type RunId,
  type SlotId,
} from "@oroboros/slot-contract";
import { afterEach, describe, expect, test } from "vitest";
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
  expect(await findLease(api.store, preview1)).toMatchObject({
    leaseState: "quarantined",
    leaseEpoch: lease.leaseEpoch,
  });
  expect(await findRun(api.store, run.runId)).toMatchObject({
    status: "canceled",
    failureReasonCode: "AGENT_CANCELED",
  });
  const events = await listEvents(api.store, { runId: run.runId, sinceId: "0", limit: 10 });
  expect(events.at(-1)).toMatchObject({
    eventType: "lease_released",
    detail: { slot_id: "preview-1", lease_epoch: lease.leaseEpoch },
  });
  const audit = api.store.selectFrom("audit_log").select(["action", "principal"]).where("run_id", "=", run.runId);
  expect(await audit.where("action", "=", "lease_released").execute()).toMatchObject([
    { principal: expect.stringMatching(/^token:\d+:a operator$/) as string },
  ]);
});

test("a released slot wakes the sweep that cleans it, and a release that frees nothing wakes nobody", async () => {
  await aLiveRun(api.store);
  await aRun(api.store);
  const { woken, call } = watched();
  await call("/api/slots/preview-3/release");
  expect(woken).toEqual([]);
  await call("/api/slots/preview-1/release");
  // Two slots are free all the same.
  expect(woken.at(-1)).toBe("sweep");
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
  expect((await listAudit(api.store, { limit: 1 })).at(-1)).toMatchObject({
    action: "slot_released",
    principal: expect.stringMatching(/^token:\d+:a operator$/) as string,
    slotId: "preview-1",
    detail: { slot_id: "preview-1", lease_epoch: lease!.leaseEpoch },
  });
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

test("a release under an epoch that is not the holder's frees nothing", async () => {
  const { run, lease } = await aLiveRun(api.store);
  const stale = { run_id: run.runId, lease_epoch: String(BigInt(lease.leaseEpoch) + 1n) };
  expect(await release("preview-1", stale)).toMatchObject({ released: false, reason: "stale_epoch" });
  expect(await findRun(api.store, run.runId)).toMatchObject({ status: "planning" });
  const now = { run_id: run.runId, lease_epoch: lease.leaseEpoch };
  expect(await release("preview-1", now)).toMatchObject({ released: true });
});

test("a run's id in capital letters is the same run's, in a path and in a body", async () => {
  const { run, lease } = await aLiveRun(api.store);
  const id = run.runId.toUpperCase();
  expect((await api.call(`/api/runs/${id}`)).body).toMatchObject({
    run_id: run.runId,
    lease: { lease_epoch: lease.leaseEpoch },
  });
  expect(await release("preview-1", { run_id: id })).toMatchObject({ released: true, run_id: run.runId });
});

test("an epoch that no database counts to is refused as such", async () => {
  const { run } = await aLiveRun(api.store);
  const beat = { run_id: run.runId, lease_epoch: "9999999999999999999" };
  expect(await api.call("/api/slots/preview-1/heartbeat", { body: beat })).toMatchObject({
    status: 400,
    body: { code: "invalid_request" },
  });
});

describe("an agent", () => {
  const asAgent = (path: string, body: object) => api.call(path, { body, as: "agent" });

  async function ownRun(): Promise<RunId> {
    const answer = await asAgent("/api/runs", { title: "mine", branch: "feature" });
    expect(answer.status).toBe(201);
    return (answer.body as { run_id: RunId }).run_id;
  }

  test("acquires a slot for a queued run once, and asking again gives the same lease for longer", async () => {
    const runId = await ownRun();
    const first = acquireSlotResponseSchema.parse((await asAgent("/api/slots/acquire", { run_id: runId })).body);
    expect(first).toMatchObject({ acquired: true, slot_id: "preview-1", queue_reason: null, ttl_seconds: 1_800 });
    const again = acquireSlotResponseSchema.parse((await asAgent("/api/slots/acquire", { run_id: runId })).body);
    expect(again).toMatchObject({ acquired: true, slot_id: "preview-1", lease_epoch: first.lease_epoch });
    expect(Date.parse(again.expires_at!)).toBeGreaterThanOrEqual(Date.parse(first.expires_at!));
    const slots = (await api.call("/api/slots", { as: "viewer" })).body as { run_id: string | null }[];
    expect(slots.filter(({ run_id }) => run_id === runId)).toHaveLength(1);
  });

  test("acquires no slot for a run that it did not create: nobody would publish it any more", async () => {
    const { runId } = await aRun(api.store);
    const acquire = (as: "agent" | "operator") => api.call("/api/slots/acquire", { body: { run_id: runId }, as });
    expect(await acquire("agent")).toMatchObject({ status: 403, body: { code: "role_required" } });
    expect(await findRun(api.store, runId)).toMatchObject({ status: "queued", slotId: null });
    expect(await acquire("operator")).toMatchObject({ status: 200, body: { acquired: true } });
  });

  test("is told its place where the pool is full", async () => {
    for (const _slot of [1, 2, 3]) await aLiveRun(api.store);
    await aRun(api.store);
    const answer = await asAgent("/api/slots/acquire", { run_id: await ownRun() });
    expect(answer.status).toBe(200);
    expect(acquireSlotResponseSchema.parse(answer.body)).toEqual({
      acquired: false,
      slot_id: null,
      queue_reason: "WAITING_FOR_SLOT",
      queue_position: 2,
      lease_epoch: null,
      expires_at: null,
      ttl_seconds: null,
    });
  });

  test("acquires nothing for a run that has ended or is not there, and no lease that ran out", async () => {
    const runId = await ownRun();
    await asAgent("/api/slots/acquire", { run_id: runId });
    await expireIn(preview1, -1);
    expect(await asAgent("/api/slots/acquire", { run_id: runId })).toMatchObject({ body: { code: "stale_lease" } });
    await api.call("/api/slots/preview-1/release", { body: {} });
    const ended = await asAgent("/api/slots/acquire", { run_id: runId });
    expect(ended).toMatchObject({ status: 403, body: { code: "invalid_transition" } });
    const unknown = await asAgent("/api/slots/acquire", { run_id: randomUUID() });
    expect(unknown).toMatchObject({ status: 404, body: { code: "run_not_found" } });
  });

  test("keeps a lease alive by the slot and the run, and by the epoch where it names one", async () => {
    const { run, lease } = await api.byAgent((tx) => aLiveRun(tx));
    const beat = async (body: object, slot = "preview-1") =>
      heartbeatResponseSchema.parse((await asAgent(`/api/slots/${slot}/heartbeat`, body)).body);
    const mine = { run_id: run.runId };
    await expireIn(preview1, 60);
    const updated = await beat({ ...mine, lease_epoch: lease.leaseEpoch });
    expect(updated).toMatchObject({ heartbeat_updated: true, reason: "updated", slot_id: "preview-1", ...mine });
    expect(Date.parse(updated.expires_at!) - Date.now()).toBeGreaterThan(1_000_000);
    expect(await beat({ ...mine, lease_epoch: "99" })).toMatchObject({
      heartbeat_updated: false,
      reason: "stale_epoch",
    });
    expect(await beat({ run_id: await ownRun() })).toMatchObject({ reason: "held_by_other_run" });
    expect(await beat(mine, "preview-2")).toMatchObject({ reason: "free", expires_at: null });
    await expireIn(preview1, -1);
    expect(await beat(mine)).toMatchObject({ heartbeat_updated: false, reason: "expired" });
  });

  test("keeps no lease alive of a run that it did not create", async () => {
    const { run, lease } = await aLiveRun(api.store);
    const beat = { run_id: run.runId, lease_epoch: lease.leaseEpoch };
    expect(await asAgent("/api/slots/preview-1/heartbeat", beat)).toMatchObject({
      status: 403,
      body: { code: "role_required" },
    });
    expect((await findLease(api.store, preview1)).expiresAt).toEqual(lease.expiresAt);
    expect((await api.call("/api/slots/preview-1/heartbeat", { body: beat })).status).toBe(200);
  });

  test("releases the slot of a run that it created itself and names, and no other", async () => {
    const runId = await ownRun();
    await asAgent("/api/slots/acquire", { run_id: runId });
    const { run: foreign } = await aLiveRun(api.store);
    for (const body of [{}, { run_id: foreign.runId }, { run_id: randomUUID() }])
      expect(await asAgent("/api/slots/preview-1/release", body), JSON.stringify(body)).toMatchObject({
        status: 403,
        body: { code: "role_required" },
      });
    expect(await asAgent("/api/slots/preview-2/release", { run_id: runId })).toMatchObject({
      body: { released: false, reason: "held_by_other_run" },
    });
    expect(await asAgent("/api/slots/preview-1/release", { run_id: runId })).toMatchObject({
      body: { released: true },
    });
    expect(await findLease(api.store, preview1)).toMatchObject({ leaseState: "quarantined" });
  });

  test.each(["/api/slots/reap-expired", "/api/slots/preview-1/replace"])("may not %s", async (path) => {
    expect(await asAgent(path, { run_id: randomUUID() })).toMatchObject({
      status: 403,
      body: { code: "role_required" },
    });
  });

  test("a viewer may neither acquire, keep nor release", async () => {
    for (const path of ["acquire", "preview-1/heartbeat", "preview-1/release"])
      expect(await api.call(`/api/slots/${path}`, { body: { run_id: randomUUID() }, as: "viewer" })).toMatchObject({
        status: 403,
      });
  });
});

describe("an operator", () => {
  test.each([
    ["nothing", {}],
    ["an empty object", { body: {} }],
  ])("reaps expired leases by sending %s: their runs expire, and the sweep is woken", async (_what, sent) => {
    const { run } = await aLiveRun(api.store);
    await expireIn(preview1, -1);
    const { woken, with: watching } = watched();
    const answer = await api.call("/api/slots/reap-expired", { method: "POST", api: watching, ...sent });
    expect(reapExpiredResponseSchema.parse(answer.body)).toEqual({ expired_count: 1, expired_slots: ["preview-1"] });
    expect(await findRun(api.store, run.runId)).toMatchObject({ status: "expired", slotId: null });
    expect(woken).toContain("sweep");
    const again = await api.call("/api/slots/reap-expired", { method: "POST" });
    expect(again.body).toEqual({ expired_count: 0, expired_slots: [] });
  });

  test("gives the slot of a preview that waits to a queued run, before whoever came earlier", async () => {
    const { run } = await aPreview();
    for (const _slot of [2, 3]) await aLiveRun(api.store);
    const [earlier, chosen] = [await aRun(api.store), await aRun(api.store)];
    const { woken, call } = watched();
    const answer = await call("/api/slots/preview-1/replace", { run_id: chosen.runId });
    expect(replaceSlotResponseSchema.parse(answer.body)).toEqual({
      replaced: true,
      slot_id: "preview-1",
      run_id: chosen.runId,
      evicted_run_id: run.runId,
      reason: "replaced",
    });
    expect(await findRun(api.store, run.runId)).toMatchObject({
      status: "expired",
      failureReasonCode: "PREVIEW_EXPIRED",
      failureMessage: `An operator gave preview-1 to run ${chosen.runId}.`,
    });
    expect(woken).toContain("sweep");
    // Cleaned, it is granted to the run that it is kept for.
    await api.store.updateTable("slot_leases").set({ quarantined_at: null }).execute();
    const acquire = (runId: RunId) => api.call("/api/slots/acquire", { body: { run_id: runId } });
    expect(await acquire(earlier.runId)).toMatchObject({ body: { acquired: false } });
    expect(await acquire(chosen.runId)).toMatchObject({ body: { acquired: true, slot_id: "preview-1" } });
  });

  test("replaces nothing that is at work, free, or the run's own", async () => {
    const { run } = await aLiveRun(api.store);
    const { runId } = await aRun(api.store);
    const replace = async (slot: string, by: RunId) =>
      (await api.call(`/api/slots/${slot}/replace`, { body: { run_id: by } })).body;
    expect(await replace("preview-1", runId)).toMatchObject({
      replaced: false,
      reason: "not_idle",
      evicted_run_id: null,
    });
    expect(await replace("preview-1", run.runId)).toMatchObject({ replaced: false, reason: "already_held" });
    expect(await replace("preview-2", runId)).toMatchObject({ replaced: false, reason: "free" });
    expect(await replace("preview-2", run.runId)).toMatchObject({ code: "invalid_transition" });
    expect(await replace("preview-2", randomUUID() as RunId)).toMatchObject({ code: "run_not_found" });
    expect(await findRun(api.store, run.runId)).toMatchObject({ status: "planning", slotId: "preview-1" });
  });
});

test("a list of slots that has not changed is not sent again", async () => {
  const first = await api.call("/api/slots", { as: "viewer" });
  const headers = { "if-none-match": first.headers.get("etag") ?? "" };
  expect(await api.call("/api/slots", { as: "viewer", headers })).toMatchObject({ status: 304, text: "" });
  await aLiveRun(api.store);
  expect(await api.call("/api/slots", { as: "viewer", headers })).toMatchObject({ status: 200 });
});

test("a renewed lease is no other answer; one that was extended, lost or let go is", async () => {
  const { run, lease } = await aPreview();
  const { run: working, lease: workingLease } = await aLiveRun(api.store);
  const paths = ["/api/slots", `/api/runs/${run.runId}`, `/api/runs/${working.runId}`];
  const tags = async () => Promise.all(paths.map(async (path) => (await api.call(path)).headers.get("etag") ?? ""));
  const isSame = async (before: readonly string[]) =>
    Promise.all(
      paths.map(async (path, index) => {
        const { status } = await api.call(path, { headers: { "if-none-match": before[index]! } });
        return status === 304;
      }),
    );
  const first = await tags();
  for (const { slotId, leaseEpoch } of [lease, workingLease])
    expect(await renewLease(api.store, { slotId, leaseEpoch }, LEASE_TTL_SECONDS - 60)).toBe(true);
  await expireIn(workingLease.slotId, 1_000);
  expect(await isSame(first)).toEqual([true, true, true]);
  await api.call(`/api/runs/${run.runId}/extend`, { body: { hours: 1 } });
  expect(await isSame(first)).toEqual([false, false, true]);
  const second = await tags();
  await expireIn(workingLease.slotId, -1);
  expect(await isSame(second)).toEqual([false, true, true]);
  const third = await tags();
  await api.call(`/api/runs/${working.runId}/cancel`, { body: {} });
  expect(await isSame(third)).toEqual([false, true, false]);
});

async function aPreview(): ReturnType<typeof aLiveRun> {
  const live = await aLiveRun(api.store);
  for (const to of ["preview_ready", "needs_approval"] as const)
    await transitionRun(api.store, { runId: live.run.runId, to });
  return live;
}

async function expireIn(slot: SlotId, seconds: number): Promise<void> {
  const at = new Date(Date.now() + seconds * 1_000);
  await api.store.updateTable("slot_leases").set({ expires_at: at }).where("slot_id", "=", slot).execute();
}

/** The api with a queue that notes whom it wakes. */
function watched() {
  const woken: string[] = [];
  const queue = {
    enqueue: async (runId: string) => void woken.push(runId),
    enqueueSweep: async () => void woken.push("sweep"),
    ping: async () => {},
    close: async () => {},
  };
  const watching = api.with({ queue });
  return { woken, with: watching, call: (path: string, body: object = {}) => api.call(path, { api: watching, body }) };
}

async function release(slot: string, body: object = {}): Promise<unknown> {
  const answer = await api.call(`/api/slots/${slot}/release`, { body });
  expect(answer.status).toBe(200);
  return releaseSlotResponseSchema.parse(answer.body);
}
