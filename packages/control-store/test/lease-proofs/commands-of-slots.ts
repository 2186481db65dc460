import { expect } from "vitest";
import { codeOf, likely, pick } from "./commands-of-runs.ts";
import {
  end,
  free,
  freeSlots,
  hasNoWorker,
  isGrantable,
  isOver,
  isReserved,
  isSilent,
  queuedForFree,
  runningOf,
  slotOf,
} from "./model-state.ts";
import { aWorker, fallSilent, grant, runOut, TTL_SECONDS, type Chosen, type ModelWorld } from "./model-world.ts";

const SILENT_SECONDS = 15;

export const expire = (world: ModelWorld, { which }: Chosen): Promise<void> =>
  runOut(
    world,
    likely(world.state.slots, ({ state }) => state === "held", which),
  );

export const silence = (world: ModelWorld, { which, other }: Chosen): Promise<void> =>
  fallSilent(
    world,
    likely(world.state.slots, ({ state }) => state === "held", which),
    other % 2 === 0 ? 2 : 20,
  );

/** An operation that belongs to no run takes a slot: one that is free, or one that is to be cleaned. */
export async function maintain(world: ModelWorld, { which, other }: Chosen): Promise<void> {
  const { state, leases, control } = world;
  const slot = pick(state.slots, which);
  const { worker, id } = aWorker(world, other);
  const quarantined = slot.isQuarantined ? other % 4 > 0 : other % 4 === 0;
  const unlessQueued = other % 2 === 0;
  const options = { quarantined, unlessQueued, workerId: id };
  const lease = await leases.acquireMaintenanceLease(control.db, slot.slotId, TTL_SECONDS, options);
  const isThere = quarantined ? slot.state === "free" && slot.isQuarantined : isGrantable(slot);
  const hasTime = !isReserved(state, slot) && queuedForFree(state).length < freeSlots(state).length;
  if (!isThere || (unlessQueued && !hasTime)) return expect(lease).toBeUndefined();
  const leaseEpoch = grant(world, slot, { runId: null, worker, leftSeconds: TTL_SECONDS });
  expect(lease).toEqual({ slotId: slot.slotId, runId: null, leaseEpoch });
}

/** Asks for a slot to be cleaned, and who waits for that. */
export async function quarantine(world: ModelWorld, { store, which }: Chosen): Promise<void> {
  const { state, leases } = world;
  const slot = pick(state.slots, which);
  expect(await leases.quarantine(store, slot.slotId)).toBe(slot.state === "free");
  if (slot.state === "free") slot.isQuarantined = true;
  const waiting = state.slots.filter((each) => each.state === "free" && each.isQuarantined);
  expect(new Set(await leases.slotsToClean(store))).toEqual(new Set(waiting.map(({ slotId }) => slotId)));
}

export async function reap(world: ModelWorld, { store }: Chosen): Promise<void> {
  const { state, leases } = world;
  const lost = state.slots.filter(
    (slot) => slot.state === "expired" || (slot.state === "held" && slot.runId === null && hasNoWorker(slot)),
  );
  const named = lost.map(({ slotId, runId, epoch }) => ({ slotId, runId, leaseEpoch: String(epoch) }));
  const reaped = await leases.expireLeases(store);
  expect(reaped.toSorted((a, b) => a.slotId.localeCompare(b.slotId))).toEqual(named);
  for (const slot of lost) {
    const run = state.runs.find(({ runId }) => runId === slot.runId);
    free(slot, { clean: false });
    if (run !== undefined && !isOver(run)) end(state, run, "expired");
  }
}

/** Who is next, of those that wait. */
export async function lookAtQueue({ state, leases }: ModelWorld, { store }: Chosen): Promise<void> {
  const others = queuedForFree(state).slice(0, freeSlots(state).length);
  const next = state.runs.filter(
    (run) => run.status === "queued" && (others.includes(run) || !queuedForFree(state).includes(run)),
  );
  expect(await leases.nextQueuedRuns(store)).toEqual(next.map(({ runId }) => runId));
}

export async function request(world: ModelWorld, { store, which }: Chosen): Promise<void> {
  const run = likely(world.state.runs, ({ status }) => status === "needs_approval", which);
  const refusal = await codeOf(world.leases.requestAttempt(store, { runId: run.runId, commitSha: null }));
  const outOfTime = slotOf(world.state, run.runId)?.state === "held" ? undefined : "stale_lease";
  expect(refusal).toBe(run.status === "needs_approval" ? outOfTime : "invalid_transition");
  if (refusal !== undefined || run.attempts.at(-1)?.status === "requested") return;
  run.attempts.push({ status: "requested", epoch: null });
}

/** A publish begins that was asked for. */
export async function begin(world: ModelWorld, { which, other }: Chosen): Promise<void> {
  const { state, leases, control } = world;
  const run = likely(state.runs, ({ attempts }) => attempts.at(-1)?.status === "requested", which);
  const { worker, id } = aWorker(world, other);
  const begun = await leases.beginAttempt(control.db, run.runId, { workerId: id });
  const slot = slotOf(state, run.runId);
  const requested = run.attempts.find(({ status }) => status === "requested");
  if (requested === undefined || runningOf(run) !== undefined || slot?.state !== "held")
    return expect(begun).toBeUndefined();
  expect(begun?.lease.leaseEpoch).toBe(grant(world, slot, { worker }));
  Object.assign(requested, { status: "running", epoch: slot.epoch });
}

/** Another worker looks whether a publish has lost the one that worked on it. */
export async function takeOver(world: ModelWorld, { which, other }: Chosen): Promise<void> {
  const { state, leases, control } = world;
  const run = likely(state.runs, (each) => runningOf(each) !== undefined, which);
  const { worker, id } = aWorker(world, other);
  const asked = { runId: run.runId, silentSeconds: SILENT_SECONDS, workerId: id };
  const begun = await leases.takeOverAttempt(control.db, asked);
  const slot = slotOf(state, run.runId);
  const running = runningOf(run);
  if (running === undefined || slot?.state !== "held" || !isSilent(slot)) return expect(begun).toBeUndefined();
  expect(begun?.lease.leaseEpoch).toBe(grant(world, slot, { worker }));
  running.epoch = slot.epoch;
}
