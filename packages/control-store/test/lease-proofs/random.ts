/** What looks random and is the same for the same seed. */
export interface Random {
  /** An integer from 0, below this one. */
  below(limit: number): number;
  shuffled<T>(items: readonly T[]): T[];
}

/** mulberry32: small, and good enough to choose with. */
export function aRandom(seed: number): Random {
  let state = seed >>> 0;
  const below = (limit: number): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
  return {
    below,
    shuffled: (items) => {
      const placed = items.map((item) => ({ item, place: below(2 ** 31) }));
      return placed.toSorted((a, b) => a.place - b.place).map(({ item }) => item);
    },
  };
}

/** Another seed each time, or the one that a failed test has printed: LEASE_SEED=... */
export const aSeed = (): number => Number(process.env["LEASE_SEED"] ?? Date.now() % 2 ** 31);
