import { cpus, loadavg } from "node:os";
import { monitorEventLoopDelay } from "node:perf_hooks";

const STOOD_STILL_MS = 1_000;
const stillness = monitorEventLoopDelay();
stillness.enable();

/**
 * A machine with more to do than it has processors, or one that has stood still since this was asked last, says nothing about how long
 * something takes.
 */
export function wasBusy(): boolean {
  const stoodStill = stillness.max / 1e6 > STOOD_STILL_MS;
  stillness.reset();
  return stoodStill || (loadavg()[0] ?? 0) > cpus().length;
}
