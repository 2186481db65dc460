const TICK_MS = 50;

/**
 * Starts to count milliseconds in which this process had a processor: a machine that stands still, or is busy with something else,
 * makes each tick longer and not more of them. On a machine that is idle these are milliseconds as any others.
 */
export function startStopwatch(): () => number {
  const startedAt = performance.now();
  let ticks = 0;
  const ticking = setInterval(() => (ticks += 1), TICK_MS);
  return () => {
    clearInterval(ticking);
    return Math.min(ticks * TICK_MS, performance.now() - startedAt);
  };
}
