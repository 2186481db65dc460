import { OperatorError } from "@oroboros/slot-contract";
import { expect } from "vitest";
import {
  end,
  freeSlots,
  hasOwnSlot,
  isOver,
  queuedForFree,
  slotFor,
  slotOf,
  type ModelRun,
  type ModelSlot,
  type ModelState,
} from "./model-state.ts";
import { aWorker, grant, TTL_SECONDS, type Chosen, type ModelWorld } from "./model-world.ts";

export const pick = <T>(from: readonly T[], which: number): T => from[which % from.length]!;

/** Mostly one of those about which something is to be seen. */
export function likely<T>(from: readonly T[], isLikely: (one: T) => boolean, which: number): T {
  const favoured = from.filter(isLikely);
  return favoured.length > 0 && which % 4 > 0 ? pick(favoured, Math.floor(which / 4)) : pick(from, which);
}

export const COMMIT = "1".repeat(40) as never;

/** Asks for a slot past the queue: the one the run has, or any that is free. */
export async function acquire(world: ModelWorld, { store, which, other }: Chosen): Promise<void> {
  const { runId } = pick(world.state.runs, which);
  const { worker, id } = aWorker(world, other);
  const lease = await world.leases.acquireLease(store, { runId, ttlSeconds: TTL_SECONDS, workerId: id });
  const slot = slotFor(world.state, runId);
  if (slot === undefined) return expect(lease).toBeUndefined();
  const { slotId } = slot;
  expect(lease).toMatchObject({ slotId, runId, leaseEpoch: given(world, slot, { runId, worker }) });
}

/** A delivery of a run to a worker: it gets a slot when it is its turn, once. */
export async function claim(world: ModelWorld, { which, other }: Chosen): Promise<void> {
  const { state, leases, control } = world;
  const run = likely(state.runs, ({ status }) => status === "queued", which);
  const { runId } = run;
  const { worker, id } = aWorker(world, other);
  const request = { runId, ttlSeconds: TTL_SECONDS, commitSha: COMMIT, workerId: id };
  const answer = await leases.claimSlot(control.db, request);
  if (run.status !== "queued") return expect(answer).toEqual({ outcome: "not_queued", status: run.status });
  const place = state.runs.indexOf(run);
  const ahead = state.runs.slice(0, place).filter(({ status }) => status === "queued").length;
  const isItsTurn = hasOwnSlot(state, run) || queuedForFree(state, place).length < freeSlots(state).length;
  const slot = isItsTurn ? slotFor(state, runId) : undefined;
  if (slot === undefined) return expect(answer).toEqual({ outcome: "waiting", queuePosition: ahead + 1 });
  const leaseEpoch = given(world, slot, { runId, worker });
  expect(answer).toMatchObject({ outcome: "claimed", lease: { slotId: slot.slotId, runId, leaseEpoch } });
  run.status = "planning";
  run.attempts.push({ status: "running", epoch: slot.epoch });
}

/** The slot is the run's from now on, or still: then the epoch stays. */
function given(world: ModelWorld, slot: ModelSlot, to: Pick<ModelSlot, "runId" | "worker">): string {
  const worker = to.worker ?? slot.worker;
  const leftSeconds = Math.max(slot.leftSeconds, TTL_SECONDS);
  Object.assign(slot, { reservedFor: null });
  if (slot.runId === null) return grant(world, slot, { ...to, leftSeconds });
  Object.assign(slot, { worker, leftSeconds, heard: "now" });
  return String(slot.epoch);
}

/** An agent's heartbeat, with or without the epoch it knows: it extends the lease of a run that is at work, and of no other. */
export async function heartbeat(world: ModelWorld, { store, which, other }: Chosen): Promise<void> {
  const slot = pick(world.state.slots, other);
  const run = likely(world.state.runs, ({ runId }) => slot.runId === runId, which);
  const { runId } = run;
  const known = world.state.grants.at(-1 - (other % 3))?.leaseEpoch;
  const leaseEpoch = which % 2 === 0 ? undefined : known;
  const request = { slotId: slot.slotId, runId, leaseEpoch, ttlSeconds: TTL_SECONDS };
  const { reason } = await world.leases.heartbeatRun(store, request);
  expect(reason).toBe(answer());
  if (reason === "updated" && run.status === "planning") slot.leftSeconds = Math.max(slot.leftSeconds, TTL_SECONDS);

  function answer(): string {
    if (slot.state === "free") return "free";
    if (slot.runId !== runId) return "held_by_other_run";
    if (isOver(run)) return "free";
    if (slot.state === "expired") return "expired";
    return leaseEpoch === undefined || leaseEpoch === String(slot.epoch) ? "updated" : "stale_epoch";
  }
}

export async function extend(world: ModelWorld, { store, which, other }: Chosen): Promise<void> {
  const { runId } = likely(world.state.runs, (run) => slotOf(world.state, run.runId) !== undefined, which);
  const hours = (other % 3) + 1;
  const lease = await world.leases.extendLease(store, runId, hours);
  const slot = slotOf(world.state, runId);
  if (slot?.state !== "held") return expect(lease).toBeUndefined();
  expect(lease).toMatchObject({ slotId: slot.slotId, leaseEpoch: String(slot.epoch) });
  slot.leftSeconds += hours * 3_600;
}

export async function cancel(world: ModelWorld, { store, which }: Chosen): Promise<void> {
  const run = pick(world.state.runs, which);
  const ending = { runId: run.runId, to: "canceled", reasonCode: "AGENT_CANCELED" } as const;
  const refusal = await codeOf(world.leases.endRun(store, ending));
  expect(refusal).toBe(isOver(run) ? "invalid_transition" : undefined);
  if (!isOver(run)) end(world.state, run, "canceled");
}

/** An operator gives the slot of a preview that waits to a run that waits. */
export async function replace(world: ModelWorld, { which, other }: Chosen): Promise<void> {
  const { state, leases, control } = world;
  const run = likely(state.runs, ({ status }) => status === "queued", which);
  const isPreview = ({ runId, status }: ModelRun, slot: ModelSlot): boolean =>
    slot.runId === runId && status === "needs_approval";
  const slot = likely(state.slots, (each) => state.runs.some((holder) => isPreview(holder, each)), other);
  const asked = leases.replacePreview(control.db, { slotId: slot.slotId, runId: run.runId });
  if (slot.runId !== run.runId && run.status !== "queued")
    return expect(await codeOf(asked)).toBe("invalid_transition");
  const { reason } = await asked;
  expect(reason).toBe(decision(run, slot, state));
  if (reason !== "replaced") return;
  end(
    state,
    state.runs.find(({ runId }) => runId === slot.runId)!,
    "expired",
  );
  slot.reservedFor = run.runId;
}

function decision(run: ModelRun, slot: ModelSlot, { runs, slots }: ModelState): string {
  if (slot.runId === run.runId) return "already_held";
  if (slot.state === "free") return "free";
  const holder = runs.find(({ runId }) => runId === slot.runId);
  const isBusy = holder?.attempts.some(({ status }) => status === "requested" || status === "running");
  if (holder?.status !== "needs_approval" || isBusy !== false) return "not_idle";
  return slots.some(({ reservedFor }) => reservedFor === run.runId) ? "already_reserved" : "replaced";
}

/** The code that something was refused with; undefined where it was not. */
export async function codeOf(asked: Promise<unknown>): Promise<string | undefined> {
  try {
    await asked;
    return undefined;
  } catch (error) {
    if (error instanceof OperatorError) return error.code;
    throw error;
  }
}
