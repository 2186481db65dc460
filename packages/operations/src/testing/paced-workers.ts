import { AsyncLocalStorage } from "node:async_hooks";
import type { Context } from "../context.ts";
import type { PublishOutcome } from "../publish/publish-outcome.ts";

/** A worker that only goes on when it is told to. */
export interface PacedWorker {
  readonly context: Context;
  readonly stopping: AbortController;
  /** Where it stands still: at a place of its own work, or asleep. More than one once it has given something up that hangs. */
  readonly stands: Stand[];
  outcome: PublishOutcome | "failed" | undefined;
}

interface Stand {
  readonly isAsleep: boolean;
  goOn(): void;
}

const current = new AsyncLocalStorage<PacedWorker>();
const DEADLINE_MS = 60_000;
const ASIDE_MS = 10;
let arrivals = Promise.withResolvers<void>();

function arrived(): void {
  arrivals.resolve();
  arrivals = Promise.withResolvers<void>();
}

/** The calling worker stands still here until it is told to go on; whoever is no such worker does not. */
export async function standHere(): Promise<void> {
  const worker = current.getStore();
  if (worker !== undefined) await stand(worker, false);
}

async function stand(worker: PacedWorker, isAsleep: boolean, signal?: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const here: Stand = {
    isAsleep,
    goOn: () => {
      const place = worker.stands.indexOf(here);
      if (place >= 0) worker.stands.splice(place, 1);
      resolve();
    },
  };
  if (signal?.aborted === true) return;
  signal?.addEventListener("abort", here.goOn, { once: true });
  worker.stands.push(here);
  arrived();
  await promise;
}

/** Lets a worker of its own begin, and returns once it stands still for the first time. */
export async function startWorker(
  context: Context,
  work: (context: Context, signal: AbortSignal) => Promise<PublishOutcome>,
): Promise<PacedWorker> {
  const stopping = new AbortController();
  const sleep: Context["clock"]["sleep"] = (_ms, signal) => stand(worker, true, signal);
  const worker: PacedWorker = {
    context: { ...context, clock: { ...context.clock, sleep } },
    stopping,
    stands: [],
    outcome: undefined,
  };
  const end = (outcome: PublishOutcome | "failed"): void => {
    worker.outcome = outcome;
    arrived();
  };
  void current.run(worker, () => work(worker.context, stopping.signal)).then(end, () => end("failed"));
  await untilStill(worker, arrivals.promise);
  return worker;
}

/** Lets a worker go on from where it stands, up to the next such place or to its end. */
export async function goOn(worker: PacedWorker, stands: Stand): Promise<void> {
  const next = arrivals.promise;
  stands.goOn();
  // A watch finds nothing to do, or what was given up ends, and neither tells anybody.
  const isAside = stands.isAsleep || worker.outcome !== undefined || worker.stands.some(({ isAsleep }) => !isAsleep);
  await (isAside ? Promise.race([next, soon()]) : untilStill(worker, next));
}

async function untilStill(worker: PacedWorker, next: Promise<void>): Promise<void> {
  const giveUp = AbortSignal.timeout(DEADLINE_MS);
  const isWorking = (): boolean => worker.outcome === undefined && !worker.stands.some(({ isAsleep }) => !isAsleep);
  for (let arrival = next; ; arrival = arrivals.promise) {
    await Promise.race([arrival, aborted(giveUp)]);
    if (giveUp.aborted)
      throw new Error(
        `a worker neither stands still nor ends: ${worker.stands.length} ${JSON.stringify(worker.outcome)}`,
      );
    if (!isWorking()) return;
  }
}

const soon = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, ASIDE_MS));
const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
