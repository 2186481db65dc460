import { REVIEW_TTL_SECONDS } from "@oroboros/slot-contract";
import { expect } from "vitest";
import { inTransaction, type LeaseRef, type Store } from "../../src/index.ts";
import { codeOf, COMMIT } from "./commands-of-runs.ts";
import { free, isLast, runningOf, type ModelRun, type ModelSlot } from "./model-state.ts";
import { TTL_SECONDS, type Chosen, type ModelWorld } from "./model-world.ts";

/** A grant that is presented, be it the last of its slot or an old one, and where it stands. */
interface Presented {
  grant: LeaseRef;
  slot: ModelSlot;
  isLast: boolean;
  /** It has neither been lost nor run out. */
  isLive: boolean;
  run: ModelRun | undefined;
}

/** Mostly one of the last few. Undefined while nothing was granted. */
export function presented({ state }: ModelWorld, which: number): Presented | undefined {
  const { grants, slots, runs } = state;
  const grant = grants.at(-1 - (which % Math.max(1, grants.length)));
  if (grant === undefined) return undefined;
  const slot = slots.find(({ slotId }) => slotId === grant.slotId)!;
  const last = isLast(slot, grant);
  const run = runs.find(({ runId }) => runId === grant.runId);
  return { grant, slot, isLast: last, isLive: last && slot.state === "held", run };
}

export async function renew(world: ModelWorld, { store, which }: Chosen): Promise<void> {
  const held = presented(world, which);
  if (held === undefined) return;
  expect(await world.leases.renewLease(store, held.grant, TTL_SECONDS)).toBe(held.isLive);
  if (!held.isLive) return;
  const leftSeconds = Math.max(held.slot.leftSeconds, TTL_SECONDS);
  Object.assign(held.slot, { heard: "now", leftSeconds });
}

export async function release(world: ModelWorld, { store, which, other }: Chosen): Promise<void> {
  const held = presented(world, which);
  if (held === undefined) return;
  const clean = other % 2 === 0;
  const isOurs = held.isLast && held.slot.state !== "free";
  expect(await world.leases.releaseLease(store, held.grant, { clean })).toBe(isOurs);
  if (isOurs) free(held.slot, { clean });
}

/** The fence of every effect, and a look that fences nothing. */
export async function hold(world: ModelWorld, { store, which }: Chosen): Promise<void> {
  const held = presented(world, which);
  if (held === undefined) return;
  const refusal = await codeOf(inTransaction(store, (tx) => world.leases.holdLease(tx, held.grant)));
  expect(refusal).toBe(held.isLive ? undefined : "stale_lease");
  expect(await world.leases.holdsLease(store, held.grant)).toBe(held.isLive);
}

/** The end of a slot's cleaning: free and clean are one fact. */
export async function declareClean(world: ModelWorld, { store, which }: Chosen): Promise<void> {
  const held = presented(world, which);
  if (held === undefined) return;
  const declared = inTransaction(store, async (tx) => {
    await world.leases.endQuarantine(tx, held.grant);
    expect(await world.leases.releaseLease(tx, held.grant, { clean: true })).toBe(true);
  });
  expect(await codeOf(declared)).toBe(held.isLive ? undefined : "stale_lease");
  if (!held.isLive) return;
  held.slot.isQuarantined = false;
  free(held.slot, { clean: true });
}

/** The end of a publish that passed, as both kinds of publish write it down: all of it, or nothing. */
export async function succeed(world: ModelWorld, { store, which }: Chosen): Promise<void> {
  const held = presented(world, which);
  const run = held?.run;
  if (held === undefined || run === undefined || !["planning", "needs_approval"].includes(run.status)) return;
  const running = runningOf(run);
  const accepted = await endWell(world, store, { grant: held.grant, run });
  expect(accepted).toBe(held.isLive);
  if (!accepted) return;
  held.slot.leftSeconds = Math.max(held.slot.leftSeconds, REVIEW_TTL_SECONDS);
  held.slot.heard = "now";
  if (running !== undefined && String(running.epoch) === held.grant.leaseEpoch) running.status = "succeeded";
  run.status = "needs_approval";
}

async function endWell(
  { leases }: ModelWorld,
  store: Store,
  { grant, run }: { grant: LeaseRef; run: ModelRun },
): Promise<boolean> {
  const { runId } = run;
  const lease = { ...grant, runId };
  const attempt = Math.max(1, run.attempts.findIndex(({ status }) => status === "running") + 1);
  const lost = new Error("the lease was lost");
  try {
    await inTransaction(store, async (tx) => {
      if (!(await leases.renewLease(tx, lease, REVIEW_TTL_SECONDS))) throw lost;
      await leases.pinAttempt(tx, { lease, attempt, commitSha: COMMIT });
      await leases.finishAttempt(tx, { lease, attempt, end: { status: "succeeded", live: {} } });
      if (run.status === "planning") await leases.transitionRun(tx, { runId, to: "needs_approval" });
    });
    return true;
  } catch (error) {
    if (error === lost) return false;
    throw error;
  }
}

/** A worker notes that the publish it worked on is over. */
export async function giveUp(world: ModelWorld, { store, which }: Chosen): Promise<void> {
  const held = presented(world, which);
  if (held?.run === undefined) return;
  const { grant, run } = held;
  const running = runningOf(run);
  const attempt = running === undefined ? 1 : run.attempts.indexOf(running) + 1;
  const lease = { ...grant, runId: run.runId };
  const isOurs = running !== undefined && String(running.epoch) === grant.leaseEpoch;
  expect(await world.leases.finishAttempt(store, { lease, attempt, end: { status: "canceled" } })).toBe(isOurs);
  if (isOurs) running.status = "canceled";
}

/** A worker that is told to stop, or that hangs, leaves its publish to others. */
export async function letGo(world: ModelWorld, { store, which, other }: Chosen): Promise<void> {
  const held = presented(world, which);
  if (held === undefined) return;
  const { grant, slot } = held;
  if (other % 2 === 0) await world.leases.letGo(store, grant);
  else await world.leases.abandonLease(store, grant);
  if (!held.isLast || slot.state === "free") return;
  if (other % 2 === 0) slot.heard = "let_go";
  else slot.worker = "dead";
}
