import type { BackendCommand, StepRequest } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";
import { LOOK_INTERVAL_MS } from "../publish/watch-lease.ts";

/** After what a worker stands still. */
export interface PausePoint {
  step?: (request: StepRequest) => boolean;
  request?: (url: string) => boolean;
  backend?: BackendCommand;
}

/** A worker that stands still, its watch over the lease included, as a process that was stopped and continued later. */
export interface PausingWorker {
  readonly context: Context;
  /** Only once its watch stands still as well: what the watch looks for meanwhile would end the publish. */
  readonly isPaused: () => boolean;
  goOn(): void;
}

/** Something was done and the worker does not know it yet. What it does next comes before it looks at its lease again. */
export function aWorkerThatPauses(context: Context, point: PausePoint): PausingWorker {
  let state: "before" | "paused" | "after" = "before";
  let isWatchStill = false;
  const continued = Promise.withResolvers<void>();
  const pauseIf = async (isThere: boolean | undefined): Promise<void> => {
    if (isThere !== true || state !== "before") return;
    state = "paused";
    await continued.promise;
  };
  const sleep: Context["clock"]["sleep"] = async (ms, signal) => {
    await context.clock.sleep(ms, signal);
    if (state !== "paused") return;
    isWatchStill ||= ms === LOOK_INTERVAL_MS;
    await aborted(signal);
  };
  const { runStep, backend } = context.processes;
  return {
    context: {
      ...context,
      clock: { ...context.clock, sleep },
      fetch: async (url, init) => {
        const response = await context.fetch(url, init);
        if (point.request?.(String(url)) !== true) return response;
        // All of it: whoever asked gives up what has not come in time.
        const whole = new Response(await response.arrayBuffer(), response);
        await pauseIf(true);
        return whole;
      },
      processes: {
        ...context.processes,
        runStep: async (slot, request, options) => {
          const result = await runStep(slot, request, options);
          await pauseIf(point.step?.(request));
          return result;
        },
        backend: async (slot, command, options) => {
          const report = await backend(slot, command, options);
          await pauseIf(command === point.backend);
          return report;
        },
      },
    },
    isPaused: () => state === "paused" && isWatchStill,
    goOn: () => {
      state = "after";
      continued.resolve();
    },
  };
}

const aborted = (signal: AbortSignal | undefined): Promise<void> =>
  new Promise((done) => {
    if (signal?.aborted === true) done();
    signal?.addEventListener("abort", () => done(), { once: true });
  });
