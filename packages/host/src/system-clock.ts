/** The machine's clocks, for whoever takes a clock as an argument. */
export const systemClock = {
  /** Milliseconds of a clock that never goes back. */
  now: (): number => performance.now(),
  today: (): Date => new Date(),
  /** Resolves after `ms`, or at once when the signal aborts; it does not reject. */
  sleep: (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      if (signal?.aborted === true) return resolve();
      const wake = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      signal?.addEventListener("abort", wake, { once: true });
    }),
};
