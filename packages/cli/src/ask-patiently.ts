import { OperatorError } from "@oroboros/slot-contract";
import type { World } from "./world.ts";

/** As long as an api that was killed, or its database, may take to be back. */
const PATIENCE_MS = 30_000;
const AGAIN_AFTER_MS = 250;

/** Asks until there is an answer: who waits for minutes does not give up because the api is away for a moment. */
export async function askPatiently<T>(
  clock: World["clock"],
  ask: () => Promise<T>,
  patienceMs = PATIENCE_MS,
): Promise<T> {
  const giveUpAt = clock.now() + patienceMs;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      const isAway = error instanceof OperatorError && error.code === "unreachable";
      if (!isAway || clock.now() >= giveUpAt) throw error;
      await clock.sleep(AGAIN_AFTER_MS, new AbortController().signal);
    }
  }
}
