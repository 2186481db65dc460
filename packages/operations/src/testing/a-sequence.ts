/** Integers from 0 below a limit that look random and are the same for the same seed: mulberry32, good enough to choose with. */
export function aSequence(seed: number): (limit: number) => number {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
}

/** Another seed each time, or the one that a failed test has printed: SCHEDULE_SEED=... */
export const aSeed = (): number => Number(process.env["SCHEDULE_SEED"] ?? Date.now() % 2 ** 31);
