import type { BackendCommand, StepRequest } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";

/** After what a worker stands still. */
export interface PausePoint {
  step?: (request: StepRequest) => boolean;
  request?: (url: string) => boolean;
  backend?: BackendCommand;
}

/** A worker that stands still, its watch over the lease included, as a process that was stopped and continued later. */
export interface PausingWorker {
  readonly context: Context;
  readonly isPaused: () => boolean;
  goOn(): void;
}

/** Something was done and the worker does not know it yet. What it does next comes before it looks at its lease again. */
export function aWorkerThatPauses(context: Context, point: PausePoint): PausingWorker {
  let state: "before" | "paused" | "after" = "before";
  const continued = Promise.withResolvers<void>();
  const pauseIf = async (isThere: boolean | undefined): Promise<void> => {
    if (isThere !== true || state !== "before") return;
    state = "paused";
    await continued.promise;
  };
  const sleep: Context["clock"]["sleep"] = async (ms, signal) => {
    await context.clock.sleep(ms, signal);
    if (state === "paused") await aborted(signal);
  };
  const { runStep, backend } = context.processes;
  return {
    context: {
      ...context,
      clock: { ...context.clock, sleep },
      fetch: async (url, init) => {
        const response = await context.fetch(url, init);
        await pauseIf(point.request?.(String(url)));
        return response;
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
    isPaused: () => state === "paused",
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
