import { systemClock } from "@oroboros/host";
import type { Logger } from "@oroboros/service-kit";

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 5_000;
/** Whoever ran as long as this starts anew with short waits. */
const SETTLED_MS = 60_000;

/** Starts a process again that ended without being told to. */
export type Restarts = Readonly<{
  /** From now on it is started again when it ends. */
  keepUp(): void;
  /** It was told to end, or somebody else starts it. */
  letGo(): void;
  ended(uptimeMs: number): void;
}>;

/**
 * `start` gets a signal that aborts when the process is let go while it waits for its turn.
 *
 * The first waits double from 100 ms; after the sixth end in a row every further one is 5 s.
 */
export function openRestarts({
  name,
  log,
  start,
}: {
  name: string;
  log: Logger;
  start: (signal: AbortSignal) => Promise<void>;
}): Restarts {
  let isKept = false;
  let endings = 0;
  let waiting = new AbortController();

  const ended = (uptimeMs: number): void => {
    if (!isKept) return;
    endings = uptimeMs >= SETTLED_MS ? 1 : endings + 1;
    const waitMs = Math.min(FIRST_WAIT_MS * 2 ** (endings - 1), LONGEST_WAIT_MS);
    log.warn({ unit: name, endings, wait_ms: waitMs }, "it ended without being told to, and is started again");
    void startAfter(waitMs, waiting.signal);
  };
  const startAfter = async (waitMs: number, signal: AbortSignal): Promise<void> => {
    await systemClock.sleep(waitMs, signal);
    if (signal.aborted) return;
    try {
      await start(signal);
    } catch (error) {
      log.error({ unit: name, err: error }, "it could not be started again");
      if (!signal.aborted) ended(0);
    }
  };
  return {
    keepUp: () => {
      isKept = true;
    },
    letGo: () => {
      isKept = false;
      endings = 0;
      waiting.abort();
      waiting = new AbortController();
    },
    ended,
  };
}
