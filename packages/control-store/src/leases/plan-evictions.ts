import {
  EVICTION_GRACE_SECONDS,
  EVICTION_IDLE_SECONDS,
  type LeaseEpoch,
  type RunId,
  type SlotId,
} from "@oroboros/slot-contract";

/** A preview that waits for a person, and that no publish works on. */
export interface IdlePreview {
  slotId: SlotId;
  runId: RunId;
  leaseEpoch: LeaseEpoch;
  /** When it was last looked at, published or moved on. */
  idleSince: Date;
  warnedAt: Date | null;
}

export interface EvictionFacts {
  /** By the database's clock. */
  now: Date;
  /** How many queued runs wait for more slots than are free or are going to be without anybody's eviction. */
  wanted: number;
  previews: readonly IdlePreview[];
}

export interface EvictionPlan {
  warn: readonly (IdlePreview & { evictAt: Date })[];
  evict: readonly IdlePreview[];
  /** Whose warning is over: somebody has looked, or nobody waits any more. */
  forgive: readonly IdlePreview[];
}

/**
 * Which previews have to make room: the ones that nobody has looked at for the longest time, as many as are wanted, each a grace after
 * it was warned.
 */
export function planEvictions({ now, wanted, previews }: EvictionFacts): EvictionPlan {
  const oldestFirst = previews.toSorted((a, b) => a.idleSince.getTime() - b.idleSince.getTime());
  const warned = oldestFirst.filter(isWarned);
  const withdrawn = oldestFirst.filter(({ warnedAt }) => warnedAt !== null).filter((one) => !isWarned(one));
  if (wanted <= 0) return { warn: [], evict: [], forgive: [...withdrawn, ...warned] };
  const isDue = ({ warnedAt }: IdlePreview): boolean => secondsBetween(warnedAt ?? now, now) >= EVICTION_GRACE_SECONDS;
  const evict = warned.filter(isDue).slice(0, wanted);
  const room = Math.max(0, wanted - warned.length);
  const warn = oldestFirst
    .filter((one) => !isWarned(one) && secondsBetween(one.idleSince, now) >= EVICTION_IDLE_SECONDS)
    .slice(0, room)
    .map((one) => ({ ...one, evictAt: new Date(now.getTime() + EVICTION_GRACE_SECONDS * 1000) }));
  return { warn, evict, forgive: withdrawn.filter(({ slotId }) => !warn.some((again) => again.slotId === slotId)) };
}

/** What happened after a warning makes it void. */
const isWarned = ({ warnedAt, idleSince }: IdlePreview): boolean => warnedAt !== null && idleSince <= warnedAt;

const secondsBetween = (from: Date, to: Date): number => (to.getTime() - from.getTime()) / 1000;
