import type { RunId, RunState, SlotId } from "@oroboros/slot-contract";
import type { LeaseRef } from "../../src/index.ts";

/** What a slot is thought to be. */
export interface ModelSlot {
  readonly slotId: SlotId;
  epoch: number;
  state: "free" | "held" | "expired";
  /** How long the lease is going to live, to the minute; 0 without one. */
  leftSeconds: number;
  isQuarantined: boolean;
  runId: RunId | null;
  reservedFor: RunId | null;
  worker: "alive" | "dead" | null;
  /** When the worker last gave a sign of life. */
  heard: "now" | "seconds_ago" | "minutes_ago" | "let_go";
}

export interface ModelAttempt {
  status: "requested" | "running" | "succeeded" | "canceled";
  epoch: number | null;
}

/** What a run is thought to be; the place in `ModelState.runs` is that in the queue. */
export interface ModelRun {
  readonly runId: RunId;
  status: Extract<RunState, "queued" | "planning" | "needs_approval" | "expired" | "canceled">;
  attempts: ModelAttempt[];
}

export interface ModelState {
  slots: ModelSlot[];
  runs: ModelRun[];
  /** Everything that was ever granted, and so may be presented again. */
  grants: LeaseRef[];
}

export const aFreeSlot = (slotId: SlotId): ModelSlot => ({
  slotId,
  epoch: 0,
  state: "free",
  leftSeconds: 0,
  isQuarantined: false,
  runId: null,
  reservedFor: null,
  worker: null,
  heard: "now",
});

export const isOver = ({ status }: ModelRun): boolean => status === "expired" || status === "canceled";
export const isGrantable = (slot: ModelSlot): boolean => slot.state === "free" && !slot.isQuarantined;
export const slotOf = ({ slots }: ModelState, runId: RunId): ModelSlot | undefined =>
  slots.find((slot) => slot.runId === runId);
export const runningOf = ({ attempts }: ModelRun): ModelAttempt | undefined =>
  attempts.find(({ status }) => status === "running");

/** Whether this is the slot's last grant. */
export const isLast = (slot: ModelSlot, grant: LeaseRef): boolean => String(slot.epoch) === grant.leaseEpoch;

export const isReserved = ({ runs }: ModelState, { reservedFor }: ModelSlot): boolean =>
  runs.some(({ runId, status }) => runId === reservedFor && status === "queued");

export const freeSlots = (state: ModelState): ModelSlot[] =>
  state.slots.filter((slot) => isGrantable(slot) && !isReserved(state, slot));

export const hasOwnSlot = ({ slots }: ModelState, { runId }: ModelRun): boolean =>
  slots.some((slot) => isGrantable(slot) && slot.reservedFor === runId);

/** The queued runs, of those before this place, that need one of the free slots. */
export const queuedForFree = (state: ModelState, place = state.runs.length): ModelRun[] =>
  state.runs.slice(0, place).filter((run) => run.status === "queued" && !hasOwnSlot(state, run));

/** The slot that a run is given which asks for one, or the one it has; undefined where it gets none. */
export function slotFor(state: ModelState, runId: RunId): ModelSlot | undefined {
  const own = slotOf(state, runId);
  if (own !== undefined) return own.state === "held" ? own : undefined;
  const reserved = state.slots.find((slot) => isGrantable(slot) && slot.reservedFor === runId);
  return reserved ?? freeSlots(state)[0];
}

/** Whether the worker at a slot counts as dead. */
export const hasNoWorker = ({ worker, heard }: ModelSlot): boolean =>
  worker === "dead" && (heard === "seconds_ago" || heard === "minutes_ago");

export const isSilent = (slot: ModelSlot): boolean =>
  slot.heard === "minutes_ago" || slot.heard === "let_go" || hasNoWorker(slot);

export function free(slot: ModelSlot, { clean }: { clean: boolean }): void {
  const isQuarantined = slot.isQuarantined || !clean;
  Object.assign(slot, { state: "free", runId: null, leftSeconds: 0, worker: null, isQuarantined });
}

export function end(state: ModelState, run: ModelRun, status: "expired" | "canceled"): void {
  run.status = status;
  for (const attempt of run.attempts) {
    if (attempt.status === "requested" || attempt.status === "running") attempt.status = "canceled";
  }
  const slot = slotOf(state, run.runId);
  if (slot !== undefined) free(slot, { clean: false });
}
