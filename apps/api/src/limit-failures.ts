import { OperatorError } from "@oroboros/slot-contract";

export interface FailureLimit {
  /** Counts a failure; `rate_limited` where it is one too many. */
  count(peer: string): RateLimited | undefined;
}

const FAILURES_PER_WINDOW = 20;
const WINDOW_MS = 60_000;
/** Whoever can come under ever new names makes the oldest be forgotten, not the memory grow. */
const PEERS_KEPT = 1_000;

/** Says after how many seconds to ask again. */
export class RateLimited extends OperatorError {
  readonly retryAfterSeconds: number;

  constructor(retryAfterSeconds: number) {
    super(
      "rate_limited",
      `More than ${FAILURES_PER_WINDOW} requests of yours could not be authenticated in a minute.`,
      {
        hint: `Wait ${retryAfterSeconds} seconds, or send a valid token: that is never refused.`,
      },
    );
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** Twenty failures a minute for each peer, in a window that starts with the first of them. */
export function limitFailures(now: () => number): FailureLimit {
  const windows = new Map<string, { failures: number; endsAt: number }>();
  return {
    count(peer) {
      const at = now();
      const known = windows.get(peer);
      const window = known !== undefined && known.endsAt > at ? known : { failures: 0, endsAt: at + WINDOW_MS };
      window.failures += 1;
      windows.delete(peer);
      windows.set(peer, window);
      const [oldest] = windows.keys();
      if (windows.size > PEERS_KEPT && oldest !== undefined) windows.delete(oldest);
      if (window.failures <= FAILURES_PER_WINDOW) return undefined;
      return new RateLimited(Math.ceil((window.endsAt - at) / 1_000));
    },
  };
}
