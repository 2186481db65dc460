import { OperatorError, type LeaseEpoch, type RunId, type SlotId } from "@oroboros/slot-contract";
import fc from "fast-check";
import { expect, test } from "vitest";
import { useControlStore } from "../../test/use-control-store.ts";
import { acquireLease } from "./acquire-lease.ts";
import { acquireMaintenanceLease } from "./acquire-maintenance-lease.ts";
import { holdLease } from "./hold-lease.ts";
import type { LeaseRef } from "./lease-ref.ts";
import { listSlots } from "./list-slots.ts";
import { reapExpiredLeases } from "./reap-expired-leases.ts";
import { releaseLease } from "./release-lease.ts";
import { renewLease } from "./renew-lease.ts";

const control = useControlStore({ slotCount: 2 });
const { db } = control;
const RUNS = 3;
const TTL_SECONDS = 600;

/** What a slot is thought to be. */
interface ModelSlot {
  slotId: SlotId;
  epoch: number;
  state: "free" | "held" | "expired" | "quarantined";
  runId: RunId | null;
}

interface World {
  runs: RunId[];
  slots: ModelSlot[];
  /** Everything that was ever granted, and so may be presented again. */
  grants: LeaseRef[];
}

const index = fc.nat({ max: 50 });
const operation = fc.oneof(
  fc.record({ kind: fc.constantFrom("acquire", "renew", "release", "hold", "expire", "maintain"), which: index }),
  fc.record({ kind: fc.constant("reap" as const), which: index }),
);
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

test("whatever is done in whatever order, a slot has one holder, and only its last grant is obeyed", async () => {
  const runs: RunId[] = [];
  for (let run = 0; run < RUNS; run += 1) runs.push((await control.queueRun()).runId);
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { maxLength: 30 }), async (operations) => {
      await db
        .updateTable("slot_leases")
        .set({ run_id: null, expires_at: null, quarantined_at: null, lease_epoch: "0" as LeaseEpoch })
        .execute();
      const slots = control.slots.map((slotId) => ({ slotId, epoch: 0, state: "free" as const, runId: null }));
      const world: World = { runs, slots, grants: [] };
      for (const one of operations) await perform(world, one);
    }),
    { numRuns: 80 },
  );
});

async function perform(world: World, { kind, which }: Operation): Promise<void> {
  const grant = pick(world.grants, which);
  if (kind === "acquire") await acquire(world, pick(world.runs, which)!);
  else if (kind === "maintain") await maintain(world, pick(world.slots, which)!);
  else if (kind === "expire") await expire(pick(world.slots, which)!);
  else if (kind === "reap") await reap(world);
  else if (grant !== undefined) await present(world, kind, grant);
  const seen = (await listSlots(db)).map(({ slotId, leaseEpoch, leaseState, runId }) => ({
    slotId,
    epoch: Number(leaseEpoch),
    state: leaseState,
    runId,
  }));
  expect(seen).toEqual(world.slots);
}

async function acquire(world: World, runId: RunId): Promise<void> {
  const lease = await acquireLease(db, { runId, ttlSeconds: TTL_SECONDS });
  const own = world.slots.find((slot) => slot.runId === runId);
  const slot = own ?? world.slots.find(({ state }) => state === "free");
  if (slot === undefined || slot.state === "expired") return expect(lease).toBeUndefined();
  if (own === undefined) giveTo(world, slot, runId);
  expect(lease).toMatchObject({ slotId: slot.slotId, runId, leaseEpoch: String(slot.epoch) });
}

async function maintain(world: World, slot: ModelSlot): Promise<void> {
  const lease = await acquireMaintenanceLease(db, slot.slotId, TTL_SECONDS);
  expect(lease !== undefined).toBe(slot.state === "free");
  if (slot.state === "free") giveTo(world, slot, null);
}

async function expire(slot: ModelSlot): Promise<void> {
  if (!isTaken(slot)) return;
  await control.expireIn(slot.slotId, -1);
  slot.state = "expired";
}

async function reap(world: World): Promise<void> {
  const reaped = await reapExpiredLeases(db);
  const expired = world.slots.filter(({ state }) => state === "expired");
  const named = expired.map(({ slotId, runId, epoch }) => ({ slotId, runId, leaseEpoch: String(epoch) }));
  expect(reaped.toSorted((a, b) => a.slotId.localeCompare(b.slotId))).toEqual(named);
  for (const slot of expired) Object.assign(slot, { state: "quarantined", runId: null });
}

async function present(world: World, kind: "renew" | "release" | "hold", grant: LeaseRef): Promise<void> {
  const slot = world.slots.find(({ slotId }) => slotId === grant.slotId)!;
  const last = String(slot.epoch) === grant.leaseEpoch;
  if (kind === "release") {
    expect(await releaseLease(db, grant, { clean: true })).toBe(last && isTaken(slot));
    if (last && isTaken(slot)) free(slot);
    return;
  }
  const obeyed = kind === "renew" ? renewLease(db, grant, TTL_SECONDS) : holds(grant);
  expect(await obeyed).toBe(last && slot.state === "held");
}

async function holds(grant: LeaseRef): Promise<boolean> {
  try {
    await db.transaction().execute((tx) => holdLease(tx, grant));
    return true;
  } catch (error) {
    if (error instanceof OperatorError && error.code === "stale_lease") return false;
    throw error;
  }
}

function giveTo(world: World, slot: ModelSlot, runId: RunId | null): void {
  Object.assign(slot, { epoch: slot.epoch + 1, state: "held", runId });
  world.grants.push({ slotId: slot.slotId, runId, leaseEpoch: String(slot.epoch) as LeaseEpoch });
}

const isTaken = ({ state }: ModelSlot): boolean => state === "held" || state === "expired";

function free(slot: ModelSlot): void {
  Object.assign(slot, { state: "free", runId: null });
}

function pick<T>(from: readonly T[], which: number): T | undefined {
  return from[which % from.length];
}
