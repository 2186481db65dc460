import type { World } from "./world.ts";

/** Longer than a worker holds a slot's lease still for a frontend of thousands of files, and less than a request may take in all. */
const PATIENCE_MS = 20_000;
const MS_PER_SECOND = 1_000;

/**
 * `fetch` that asks again where the answer is 409 with `Retry-After`: somebody else was changing the same thing, nothing was done, and
 * soon it can be. What still can not be done after that is answered as it came.
 */
export function outlastLocks({ fetch, clock }: Pick<World, "fetch" | "clock">): typeof globalThis.fetch {
  return async (input, init) => {
    const giveUpAt = clock.now() + PATIENCE_MS;
    for (;;) {
      const answer = await fetch(input, init);
      const seconds = answer.status === 409 ? Number(answer.headers.get("retry-after") ?? Number.NaN) : Number.NaN;
      if (Number.isNaN(seconds) || clock.now() >= giveUpAt) return answer;
      await answer.body?.cancel();
      await clock.sleep(seconds * MS_PER_SECOND, new AbortController().signal);
    }
  };
}
