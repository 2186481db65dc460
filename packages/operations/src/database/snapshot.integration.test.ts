import { claimSlot, findLease, listResets, releaseLease, transitionRun, type Lease } from "@oroboros/control-store";
import { fingerprintSlotDatabase, slotDatabaseUrl } from "@oroboros/db-safety";
import { LEASE_TTL_SECONDS, type SlotId } from "@oroboros/slot-contract";
import { queryRows } from "@oroboros/test-support";
import { tinyApp } from "@oroboros/test-runtime";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { allocateSlot, planAllocation } from "../slots/allocate-slot.ts";
import { aWorld, type TestWorld } from "../testing/a-world.ts";
import { resetDatabase } from "./reset-database.ts";
import { slotAccess } from "./slot-access.ts";
import { dropSnapshotVersion } from "./snapshot-drop.ts";
import { listSnapshotVersions } from "./snapshot-list.ts";
import { snapshotSlot } from "./snapshot-of-slot.ts";
import { verifySnapshotVersion } from "./snapshot-verify.ts";

// Nothing here starts a process: the supervisor's socket is not there.
const actor = { principal: "host:uid=0", traceId: null };
let world: TestWorld;

beforeAll(async () => {
  world = await aWorld();
  await world.push("main", tinyApp());
});
afterAll(() => world?.[Symbol.asyncDispose]());

afterEach(async () => {
  const { store } = world.context;
  for (const slot of [world.slot, world.other]) {
    const lease = await findLease(store, slot);
    if (lease.runId !== null)
      await transitionRun(store, { runId: lease.runId, to: "canceled", reasonCode: "AGENT_CANCELED" });
    await releaseLease(store, lease, { clean: true });
  }
  await store.updateTable("slot_leases").set({ quarantined_at: null }).execute();
});

async function holder(): Promise<Lease> {
  const runId = await world.queueRun({});
  const claim = await claimSlot(world.context.store, { runId, ttlSeconds: LEASE_TTL_SECONDS });
  if (claim.outcome !== "claimed") throw new Error(`the run is ${claim.outcome}`);
  return claim.lease;
}

const seeded = (slot: SlotId) => resetDatabase(world.context, { slot, force: true, seedVersion: "v1", dryRun: false });
const take = (slot: SlotId, version: string, more: object = {}) =>
  snapshotSlot(world.context, { slot, version, actor, force: false, dryRun: false, ...more });
const inSlot = async (slot: SlotId, ...statements: string[]) =>
  queryRows(slotDatabaseUrl(await slotAccess(world.context, slot)), ...statements);
const contentOf = async (slot: SlotId) => fingerprintSlotDatabase(await slotAccess(world.context, slot));

describe("a snapshot of a slot", () => {
  test("can not be taken before the slot was ever reset", async () => {
    await expect(take(world.other, "early")).rejects.toMatchObject({ code: "not_marked" });
    expect(await listSnapshotVersions(world.context)).toEqual([]);
  });

  test("is what another slot's database starts from, recorded with its version", async () => {
    const { context, slot, other } = world;
    await seeded(slot);
    await inSlot(slot, "create table by_hand (what text)", "insert into by_hand values ('kept')");
    const created = await take(slot, "demo-1");
    expect(created).toMatchObject({ created: true, source: slot, masked_by: null, created_by: actor.principal });
    const request = { slot: other, force: false, snapshotVersion: "demo-1" };
    const report = await resetDatabase(context, { ...request, dryRun: false });
    const content = await contentOf(slot);
    expect(report).toMatchObject({
      strategy: "snapshot",
      snapshot_version: "demo-1",
      seed_version: null,
      content_fingerprint: content,
    });
    expect(await contentOf(other)).toBe(content);
    const { items } = await listResets(context.store, { slotId: other, limit: 1, offset: 0 });
    expect(items).toMatchObject([
      { strategy: "snapshot", snapshotVersion: "demo-1", seedVersion: null, resetStatus: "succeeded" },
    ]);
    const dry = await resetDatabase(context, { ...request, dryRun: true });
    expect(dry).toMatchObject({ dry_run: true, plan: expect.arrayContaining(["copy snapshot demo-1"]) as string[] });
  });

  test("made again of the same content is said to be there, and of other content refused", async () => {
    const { slot } = world;
    await seeded(slot);
    const first = await take(slot, "again");
    expect(await take(slot, "again")).toEqual({ ...first, created: false, closed_ms: null });
    await inSlot(slot, "create table one_more ()");
    await expect(take(slot, "again")).rejects.toMatchObject({ code: "snapshot_exists" });
    expect(await listSnapshotVersions(world.context)).toContainEqual(
      expect.objectContaining({ snapshot_version: "again" }),
    );
  });

  test("needs the run that holds the slot, or force", async () => {
    const lease = await holder();
    await resetDatabase(world.context, {
      slot: lease.slotId,
      runId: lease.runId,
      force: false,
      seedVersion: "v1",
      dryRun: false,
    });
    await expect(take(lease.slotId, "held")).rejects.toMatchObject({ code: "lease_held" });
    const planned = await take(lease.slotId, "held", { dryRun: true });
    expect(planned).toMatchObject({
      dry_run: true,
      plan: expect.arrayContaining([expect.stringContaining("--run-id")]) as string[],
      refused_with: "lease_held",
    });
    expect(await take(lease.slotId, "held", { runId: lease.runId })).toMatchObject({ created: true });
    expect(await take(lease.slotId, "forced", { force: true })).toMatchObject({ created: true });
  });

  test("can not be taken under a version that is no word", async () => {
    await expect(take(world.slot, "../up")).rejects.toMatchObject({ code: "invalid_request" });
    await expect(take(world.slot, "")).rejects.toMatchObject({ code: "invalid_request" });
  });

  test("is proven, dropped once with what was made of it, and its version never given again", async () => {
    const { context, slot } = world;
    await seeded(slot);
    await take(slot, "brief");
    const reset = { slot, force: false, snapshotVersion: "brief", dryRun: false };
    await resetDatabase(context, reset);
    expect(await verifySnapshotVersion(context, { version: "brief", dryRun: false })).toMatchObject({ verified: true });
    const drop = { version: "brief", actor, dryRun: false };
    const planned = await dropSnapshotVersion(context, { ...drop, dryRun: true });
    expect(planned).toMatchObject({ plan: [expect.stringContaining("snapshot_"), expect.stringContaining("seed_")] });
    expect(await dropSnapshotVersion(context, drop)).toMatchObject({ dropped: true, already: false });
    expect(await dropSnapshotVersion(context, drop)).toMatchObject({ dropped: true, already: true });
    for (const act of [
      () => resetDatabase(context, reset),
      () => verifySnapshotVersion(context, { version: "brief", dryRun: false }),
      () => dropSnapshotVersion(context, { ...drop, version: "never" }),
    ])
      await expect(act()).rejects.toMatchObject({ code: "snapshot_not_found" });
    await expect(take(slot, "brief")).rejects.toMatchObject({ code: "snapshot_exists" });
    const { items } = await listResets(context.store, { slotId: slot, limit: 1, offset: 0 });
    expect(items).toMatchObject([{ snapshotVersion: "brief", resetStatus: "succeeded" }]);
  });

  test("is what an allocation starts from", async () => {
    const { context, slot } = world;
    await seeded(slot);
    await take(slot, "for-runs");
    const runId = await world.queueRun({});
    expect(await planAllocation(context, { runId, snapshotVersion: "for-runs" })).toMatchObject({
      plan: expect.arrayContaining(["reset its database: a copy of snapshot for-runs"]) as string[],
    });
    await expect(allocateSlot(context, { runId, snapshotVersion: "none" })).rejects.toMatchObject({
      code: "snapshot_not_found",
    });
    expect(await allocateSlot(context, { runId, snapshotVersion: "for-runs" })).toMatchObject({
      acquired: true,
      reset: { strategy: "snapshot", snapshot_version: "for-runs" },
    });
  });
});
