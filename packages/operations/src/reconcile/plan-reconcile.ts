import type { LeaseEpoch, RunId, SlotId } from "@oroboros/slot-contract";

/** A publish that began while main asked for a store may still install from it. */
const STORE_USE_MS = 3_600_000;

/** What a slot that stands idle holds; nothing of it is a run's. */
export interface IdleSlotFacts {
  slotId: SlotId;
  /** Names below the directories of the slot's worktrees and of its builds. */
  worktrees: readonly string[];
  surfaces: readonly string[];
  /** What its surface serves. */
  surface: { path: string | undefined; placeholder: string };
  /** Where its backend works; null where none runs. */
  backend: { worktree: string | null; idle: string };
  /** Commands that run as its user. */
  steps: number;
}

/** A database that was put aside for a publish that is over. Whether it is the proven one all the same is asked when it is dropped. */
export interface KeptFacts {
  slotId: SlotId;
  /** The grant of whoever has the slot, as it was before its publishes were looked at; null for a free slot. */
  heldUnder: LeaseEpoch | null;
  /** The run that holds the slot is being published, or waits to be. */
  isPublishing: boolean;
}

export interface EvidenceFacts {
  runId: RunId;
  /** Null for a run that has not ended. */
  endedAt: Date | null;
  bytes: number;
}

export interface StoreFacts {
  key: string;
  /** Whether main's lockfiles ask for it. */
  isMains: boolean;
  usedAt: Date;
  bytes: number;
}

export interface HouseLimits {
  evidenceMaxAgeMs: number;
  evidenceBytes: number;
  packagesBytes: number;
}

export type ReconcileAction =
  | { kind: "clean_slot"; slotId: SlotId; why: string }
  | { kind: "drop_kept"; slotId: SlotId; heldUnder: LeaseEpoch | null }
  | { kind: "remove_evidence"; runId: RunId; bytes: number; why: "age" | "budget" }
  | { kind: "remove_packages"; key: string; bytes: number };

/** What has to go from slots because it belongs to nobody. */
export function planSlots(slots: readonly IdleSlotFacts[], kept: readonly KeptFacts[]): ReconcileAction[] {
  const dirty = slots.flatMap((slot): ReconcileAction[] => {
    const strays = straysIn(slot);
    return strays.length === 0 ? [] : [{ kind: "clean_slot", slotId: slot.slotId, why: strays.join(", ") }];
  });
  const dropped = kept
    .filter(({ isPublishing }) => !isPublishing)
    .map(({ slotId, heldUnder }): ReconcileAction => ({ kind: "drop_kept", slotId, heldUnder }));
  return [...dirty, ...dropped];
}

function straysIn({ worktrees, surfaces, surface, backend, steps }: IdleSlotFacts): string[] {
  return [
    ...worktrees.map((name) => `worktree ${name}`),
    ...surfaces.map((name) => `surface ${name}`),
    ...(surface.path === surface.placeholder ? [] : [`the surface serves ${surface.path ?? "nothing"}`]),
    ...(backend.worktree === null || backend.worktree === backend.idle ? [] : [`a backend in ${backend.worktree}`]),
    ...(steps === 0 ? [] : [`${steps} commands`]),
  ];
}

/**
 * What has to go so that evidence and packages stay within their ages and sizes. Of ended runs the one that ended last keeps its
 * evidence, and of packages all that main asks for, or that a publish may still use, stay, however large they are.
 */
export function planHouse(
  facts: { evidence: readonly EvidenceFacts[]; stores: readonly StoreFacts[]; now: Date },
  limits: HouseLimits,
): ReconcileAction[] {
  return [...planEvidence(facts.evidence, facts.now, limits), ...planStores(facts.stores, facts.now, limits)];
}

function planEvidence(all: readonly EvidenceFacts[], now: Date, limits: HouseLimits): ReconcileAction[] {
  let total = sum(all);
  const [, ...older] = all
    .flatMap(({ endedAt, ...run }) => (endedAt === null ? [] : [{ ...run, endedAt: endedAt.getTime() }]))
    .toSorted((a, b) => b.endedAt - a.endedAt);
  return older.toReversed().flatMap(({ runId, endedAt, bytes }): ReconcileAction[] => {
    const isOld = now.getTime() - endedAt > limits.evidenceMaxAgeMs;
    if (!isOld && total <= limits.evidenceBytes) return [];
    total -= bytes;
    return [{ kind: "remove_evidence", runId, bytes, why: isOld ? "age" : "budget" }];
  });
}

function planStores(all: readonly StoreFacts[], now: Date, { packagesBytes }: HouseLimits): ReconcileAction[] {
  let total = sum(all);
  const removable = all
    .filter(({ isMains, usedAt }) => !isMains && now.getTime() - usedAt.getTime() > STORE_USE_MS)
    .toSorted((a, b) => a.usedAt.getTime() - b.usedAt.getTime());
  return removable.flatMap(({ key, bytes }): ReconcileAction[] => {
    if (total <= packagesBytes) return [];
    total -= bytes;
    return [{ kind: "remove_packages", key, bytes }];
  });
}

const sum = (all: readonly { bytes: number }[]): number => all.reduce((total, { bytes }) => total + bytes, 0);
