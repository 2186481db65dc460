import { type RunningProcess, systemClock } from "@oroboros/host";
import { backendLog, OperatorError } from "@oroboros/slot-contract";
import { backendLogTail } from "./backend-job.ts";
import type { SlotDeps } from "./slot.ts";

const POLL_MS = 50;
const LOOK_MS = 1_000;
const ANSWER_MS = 2_000;
const LOG_LINES = 20;

/**
 * @throws OperatorError `backend_not_started` with the last log lines where it ended, or did not answer in time; the signal's reason.
 */
export async function awaitHealthy(
  deps: SlotDeps,
  {
    process,
    healthUrl,
    timeoutMs,
    signal,
  }: { process: RunningProcess; healthUrl: string; timeoutMs: number; signal: AbortSignal },
): Promise<void> {
  const deadline = systemClock.now() + timeoutMs;
  let ended = false;
  void process.exited.then(() => (ended = true));
  for (;;) {
    const problem = await askHealth(deps, healthUrl, Math.min(ANSWER_MS, timeoutMs));
    signal.throwIfAborted();
    if (problem === undefined && !ended) return;
    if (ended)
      throw await withLog(deps, "backend_not_started", `The backend of ${deps.slot} ended before it was healthy.`);
    if (systemClock.now() > deadline) {
      const late = `The backend of ${deps.slot} was not healthy within ${timeoutMs / 1000} s: ${healthUrl} ${problem}.`;
      throw await withLog(deps, "backend_not_started", late);
    }
    await systemClock.sleep(POLL_MS);
  }
}

/** Resolves to true at the first healthy answer, to false when the signal aborts before. */
export async function becomesHealthy(deps: SlotDeps, healthUrl: string, signal: AbortSignal): Promise<boolean> {
  for (;;) {
    await systemClock.sleep(LOOK_MS, signal);
    if (signal.aborted) return false;
    if ((await askHealth(deps, healthUrl, ANSWER_MS)) === undefined) return !signal.aborted;
  }
}

/** @throws OperatorError `not_running`; `unreachable` with the last log lines. */
export async function checkHealth(
  deps: SlotDeps,
  { isRunning, healthUrl }: { isRunning: boolean; healthUrl: string },
): Promise<void> {
  if (!isRunning) {
    throw new OperatorError("not_running", `The backend of ${deps.slot} is not running.`, {
      hint: `Start it with: scripts/preview-backend-runtime.sh start --slot ${deps.slot}`,
    });
  }
  const problem = await askHealth(deps, healthUrl, ANSWER_MS);
  if (problem !== undefined) throw await withLog(deps, "unreachable", `${healthUrl} ${problem}.`);
}

/** Undefined where the URL answers 200; a redirect is not followed and is no health. */
async function askHealth({ fetch }: SlotDeps, url: string, timeoutMs: number): Promise<string | undefined> {
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
  deps: SlotDeps,
  code: "backend_not_started" | "unreachable",
  message: string,
): Promise<OperatorError> {
  return new OperatorError(code, [message, ...(await backendLogTail(deps, LOG_LINES))].join("\n"), {
    hint: `Read the last lines above, or all of ${backendLog(deps.contract, deps.slot)}.`,
  });
}
