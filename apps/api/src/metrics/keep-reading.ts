/** A reading that never comes, as of a database that hangs, is not waited for by whoever asks so much later. */
const GIVEN_UP_AFTER_MS = 60_000;

/** Reads at most once at a time, and again only once a reading is this old; one that failed is not kept. */
export function keepReading<T>(read: () => Promise<T>, kept: { ms: number; now: () => number }): () => Promise<T> {
  let last: { reading: Promise<T>; until: number } | undefined;
  return () => {
    if (last !== undefined && kept.now() < last.until) return last.reading;
    const current = { reading: read(), until: kept.now() + GIVEN_UP_AFTER_MS };
    last = current;
    current.reading.then(
      () => (current.until = kept.now() + kept.ms),
      () => (current.until = 0),
    );
    return current.reading;
  };
}
