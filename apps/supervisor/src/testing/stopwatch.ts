import { readFileSync } from "node:fs";

const TICK_MS = 50;

type Elapsed = Readonly<{
  /** Counted in ticks: a machine that is busy with something else makes them longer, and not more of them. */
  tickedMs: number;
  /** Without the time in which anybody on this machine waited for a processor. */
  undisturbedMs: number;
}>;

/** On a machine that does nothing else, both are the milliseconds that have passed when they are asked for. */
export function startStopwatch(): () => Elapsed {
  const startedAt = performance.now();
  const waitedBefore = waitedMs();
  let ticks = 0;
  const ticking = setInterval(() => (ticks += 1), TICK_MS);
  return () => {
    clearInterval(ticking);
    return {
      tickedMs: ticks * TICK_MS,
      undisturbedMs: performance.now() - startedAt - (waitedMs() - waitedBefore),
    };
  };
}

/** Pressure stall information: how long some task waited for a processor, since the machine started. 0 where the kernel keeps none. */
function waitedMs(): number {
  try {
    return Number(/^some .*total=(\d+)$/m.exec(readFileSync("/proc/pressure/cpu", "utf8"))?.[1] ?? 0) / 1_000;
  } catch {
    return 0;
  }
}
