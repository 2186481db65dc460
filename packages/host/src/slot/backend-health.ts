import { backendLog, OperatorError } from "@oroboros/slot-contract";
import { systemClock } from "../system-clock.ts";
import { backendLogTail, type SlotPlace } from "./backend-job.ts";

export type HealthPlace = SlotPlace & Readonly<{ fetch: typeof fetch }>;

const POLL_MS = 50;
const LOOK_MS = 1_000;
const ANSWER_MS = 2_000;
const LOG_LINES = 20;

/**
 * @param asked.hasEnded whether the process that was started is gone.
 * @throws OperatorError `backend_not_started` with the last log lines where it ended, or did not answer in time; the signal's reason.
 */
export async function awaitHealthy(
  place: HealthPlace,
  {
    hasEnded,
    healthUrl,
    timeoutMs,
    signal,
  }: { hasEnded: () => boolean | Promise<boolean>; healthUrl: string; timeoutMs: number; signal: AbortSignal },
): Promise<void> {
  const deadline = systemClock.now() + timeoutMs;
  for (;;) {
    const problem = await askHealth(place, healthUrl, Math.min(ANSWER_MS, timeoutMs));
    const ended = await hasEnded();
    signal.throwIfAborted();
    if (problem === undefined && !ended) return;
    if (ended)
      throw await withLog(place, "backend_not_started", `The backend of ${place.slot} ended before it was healthy.`);
    if (systemClock.now() > deadline) {
      const late = `The backend of ${place.slot} was not healthy within ${timeoutMs / 1000} s: ${healthUrl} ${problem}.`;
      throw await withLog(place, "backend_not_started", late);
    }
    await systemClock.sleep(POLL_MS);
  }
}

/** Resolves to true at the first healthy answer, to false when the signal aborts before. */
export async function becomesHealthy(place: HealthPlace, healthUrl: string, signal: AbortSignal): Promise<boolean> {
  for (;;) {
    await systemClock.sleep(LOOK_MS, signal);
    if (signal.aborted) return false;
    if ((await askHealth(place, healthUrl, ANSWER_MS)) === undefined) return !signal.aborted;
  }
}

/** @throws OperatorError `not_running`; `unreachable` with the last log lines. */
export async function checkHealth(
  place: HealthPlace,
  { isRunning, healthUrl }: { isRunning: boolean; healthUrl: string },
): Promise<void> {
  if (!isRunning) {
    throw new OperatorError("not_running", `The backend of ${place.slot} is not running.`, {
      hint: `Start it with: scripts/preview-backend-runtime.sh start --slot ${place.slot}`,
    });
  }
  const problem = await askHealth(place, healthUrl, ANSWER_MS);
  if (problem !== undefined) throw await withLog(place, "unreachable", `${healthUrl} ${problem}.`);
}

/** Undefined where the URL answers 200; a redirect is not followed and is no health. */
async function askHealth({ fetch }: HealthPlace, url: string, timeoutMs: number): Promise<string | undefined> {
  try {
    const response = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(timeoutMs) });
    await response.body?.cancel();
    return response.status === 200 ? undefined : `answered ${response.status}`;
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return `did not answer (${cause instanceof Error ? cause.message : String(cause)})`;
  }
}

async function withLog(
  place: SlotPlace,
  code: "backend_not_started" | "unreachable",
  message: string,
): Promise<OperatorError> {
  return new OperatorError(code, [message, ...(await backendLogTail(place, LOG_LINES))].join("\n"), {
    hint: `Read the last lines above, or all of ${backendLog(place.contract, place.slot)}.`,
  });
}
