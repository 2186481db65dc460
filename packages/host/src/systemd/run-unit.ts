import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import type { RuntimeContract } from "@oroboros/slot-contract";
import { lockFile, type UnitOutcome } from "@oroboros/slot-contract/host";
import type { OutputStream } from "../start-process.ts";
import { takeLock } from "../take-lock.ts";
import { readOutcome } from "./outcome.ts";
import { followStepLog } from "./step-log.ts";
import type { EndedStep } from "./step-result.ts";
import { type StartResult, startUnit, stopUnits } from "./systemctl.ts";
import { writeJobFile } from "../write-job-file.ts";

/** A oneshot unit that does what a job file says. */
export type UnitRun = Readonly<{
  contract: RuntimeContract;
  unit: string;
  jobFile: string;
  logFile: string;
  job: Readonly<{ job_id: string }>;
  timeoutMs: number;
  signal?: AbortSignal | undefined;
  onOutput?: ((stream: OutputStream, chunk: string) => void) | undefined;
  /** Begins it at a moment that suits others. */
  enter: <T>(task: () => Promise<T>) => Promise<T>;
}>;

/** A unit that runs longer than this past its time is one that systemd did not end. */
const LATE_MS = 30_000;
const HOUR_MS = 3_600_000;

/**
 * Runs the unit for one job, to the unit's end. One after the other, whoever asks: what a process that has died meanwhile left
 * running is stopped first. The timeout and the signal stop the unit.
 *
 * @throws OperatorError `command_refused`, `not_installed`, `unit_failed`; the signal's reason.
 */
export async function runUnit(run: UnitRun): Promise<Omit<EndedStep, "memoryMb">> {
  const { contract, unit, job, signal } = run;
  await using _turn = await takeLock(lockFile(contract, unit), { what: unit, waitMs: HOUR_MS, signal });
  const before = await readOutcome(contract, unit);
  const log = followStepLog(run.logFile, { jobId: job.job_id, onOutput: run.onOutput });
  const startedAt = performance.now();
  try {
    const { ended } = await run.enter(() => begin(run, log.begun));
    const timedOut = await endedOrStopped(run, ended);
    const outcome = await outcomeSince(run, before);
    const end = await log.finish();
    // It may name the slot's database with its password. Where it is still there, this process has died before its unit had ended.
    await rm(run.jobFile, { force: true });
    signal?.throwIfAborted();
    const { said } = await ended;
    return { unit, outcome, said, end, timedOut, durationMs: performance.now() - startedAt };
  } finally {
    await log.finish();
  }
}

/** Until its own program is at work, or has ended: nobody stops what systemd was not yet told of. */
async function begin(run: UnitRun, begun: Promise<void>): Promise<{ ended: Promise<StartResult> }> {
  if (existsSync(run.jobFile)) await stopUnits([run.unit]);
  await writeJobFile(run.jobFile, JSON.stringify(run.job));
  const ended = startUnit(run.unit, run.timeoutMs + LATE_MS);
  await Promise.race([begun, ended]);
  return { ended };
}

/** Who starts a unit is told at once that somebody stops it, which has not ended it by then. */
async function outcomeSince(
  { contract, unit }: UnitRun,
  before: UnitOutcome | undefined,
): Promise<UnitOutcome | undefined> {
  const isNew = (now: UnitOutcome | undefined): boolean => now?.invocation_id !== before?.invocation_id;
  const first = await readOutcome(contract, unit);
  if (isNew(first)) return first;
  await stopUnits([unit]);
  const last = await readOutcome(contract, unit);
  return isNew(last) ? last : undefined;
}

/** True where it took too long. */
async function endedOrStopped({ unit, timeoutMs, signal }: UnitRun, ended: Promise<StartResult>): Promise<boolean> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const stop = signal === undefined ? timeout : AbortSignal.any([timeout, signal]);
  const stopped = Promise.withResolvers<"stop">();
  const onAbort = (): void => stopped.resolve("stop");
  if (stop.aborted) onAbort();
  stop.addEventListener("abort", onAbort, { once: true });
  const first = await Promise.race([ended, stopped.promise]);
  stop.removeEventListener("abort", onAbort);
  if (first !== "stop") return false;
  await stopUnits([unit]);
  await ended;
  return signal?.aborted !== true;
}
