import { claimSlot, findLease, openControlStore, releaseLease, type Lease } from "@oroboros/control-store";
import { eventually } from "@oroboros/test-support";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { aWorld, type TestWorld } from "../testing/a-world.ts";
import { watchLease } from "./watch-lease.ts";

const DEADLINE = { deadlineMs: 30_000 };
let world: TestWorld;
let lease: Lease;

beforeAll(async () => {
  world = await aWorld();
});
afterAll(() => world?.[Symbol.asyncDispose]());
beforeEach(async () => {
  const runId = await world.queueRun({ branch: "watched" });
  const claim = await claimSlot(world.context.store, { runId, ttlSeconds: 60 });
  if (claim.outcome !== "claimed") throw new Error(claim.outcome);
  lease = claim.lease;
  return async () => void (await releaseLease(world.context.store, lease, { clean: true }));
});

test("a lease that is watched is renewed, and taken away it aborts what works under it", async () => {
  const { context } = world;
  const watch = watchLease(context, lease, new AbortController().signal);
  const { expiresAt } = await findLease(context.store, lease.slotId);
  await eventually(async () => (await findLease(context.store, lease.slotId)).expiresAt! > expiresAt!, DEADLINE);
  expect(watch.signal.aborted).toBe(false);
  await releaseLease(context.store, lease, { clean: true });
  await eventually(() => watch.signal.aborted, DEADLINE);
  expect(String(watch.signal.reason)).toContain("the lease was lost");
});

test("a database that does not answer for a while aborts nothing, and the watch goes on", async () => {
  const { store, clock } = world.context;
  const nowhere = openControlStore({ databaseUrl: "postgresql://nobody@127.0.0.1:1/none", onError: () => undefined });
  const warnings: string[] = [];
  const log = { ...world.context.log, warn: (_fields: object, message: string) => void warnings.push(message) };
  const context = { clock, log, store: nowhere.db, runTimeoutSeconds: 60 };
  const watch = watchLease(context, lease, new AbortController().signal);
  await eventually(() => warnings.length > 1, DEADLINE);
  expect(watch.signal.aborted).toBe(false);
  context.store = store;
  await releaseLease(store, lease, { clean: true });
  await eventually(() => watch.signal.aborted, DEADLINE);
  await nowhere.close();
});

test("a publish whose time is over is aborted, and its lease is renewed no more", async () => {
  const { context } = world;
  const watch = watchLease(context, lease, new AbortController().signal, 300);
  await eventually(() => watch.signal.aborted, DEADLINE);
  expect(watch.signal.reason).toMatchObject({ code: "step_timed_out" });
  const isSilent = async (): Promise<boolean> => {
    const { heartbeatAt } = await findLease(context.store, lease.slotId);
    return Date.now() - heartbeatAt!.getTime() > 2_000;
  };
  await eventually(isSilent, DEADLINE);
});
