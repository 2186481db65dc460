import { type ErrorCode, OperatorError } from "@oroboros/slot-contract";
import type { UnitOutcome } from "@oroboros/slot-contract/host";
import { signalStatus } from "../signal-status.ts";
import type { StepResult } from "../slot-processes.ts";
import type { StepEnd } from "./step-log.ts";
import { unitFailed } from "./systemctl.ts";

/** What is known of a step's unit that has ended. */
export type EndedStep = Readonly<{
  unit: string;
  /** Root's own note; undefined where the unit never ran. */
  outcome: UnitOutcome | undefined;
  /** By systemctl, about the start. */
  said: string;
  end: StepEnd;
  /** Whoever waited for it has stopped it for that. */
  timedOut: boolean;
  durationMs: number;
  memoryMb: number;
}>;

/**
 * How a step ended: what root wrote counts, and what the step's own log says only explains it.
 *
 * @throws OperatorError `unit_failed` where nothing of the step ran; `step_failed` where it was out of memory; else what the unit's
 *   program said against the job.
 */
export function stepResultOf(step: EndedStep): StepResult {
  const { unit, outcome, end, durationMs } = step;
  if (step.timedOut || outcome?.result === "timeout") {
    return { exitCode: null, signal: end.exit?.signal ?? null, timedOut: true, durationMs };
  }
  if (outcome === undefined) throw unitFailed(unit, `was not started: ${step.said}`);
  if (outcome.result === "oom-kill" || (end.exit?.out_of_memory === true && outcome.result !== "success")) {
    throw outOfMemory(unit, step.memoryMb);
  }
  if (end.error !== undefined && outcome.result !== "success") throw saidByUnit(unit, end.error);
  if (outcome.result === "success") return { exitCode: 0, signal: null, timedOut: false, durationMs };
  if (outcome.exit_code === "exited" && end.hasBegun) {
    const status = Number(outcome.exit_status);
    const signal = end.exit?.signal ?? null;
    const isOfSignal = signal !== null && status === signalStatus(signal);
    return { exitCode: isOfSignal ? null : status, signal: isOfSignal ? signal : null, timedOut: false, durationMs };
  }
  if (outcome.exit_code === "killed" || outcome.exit_code === "dumped") {
    return { exitCode: null, signal: `SIG${outcome.exit_status}`, timedOut: false, durationMs };
  }
  throw unitFailed(unit, `ended with ${[outcome.result, outcome.exit_code, outcome.exit_status].join(" ").trim()}`);
}

function outOfMemory(unit: string, memoryMb: number): OperatorError {
  return new OperatorError(
    "step_failed",
    `${unit} was ended: it needs more than the ${memoryMb} MB that it may take.`,
    {
      hint: "Let the command take less memory, or raise slotLimits.memoryMb in infra/contract.ts and install it.",
    },
  );
}

/** What a unit's program may say against its job. A step that got at its log could say that its lease is gone, and is not believed. */
const SAID_BY_UNITS = [
  "invalid_request",
  "path_not_found",
  "path_refused",
  "start_failed",
  "step_failed",
  "step_timed_out",
];

function saidByUnit(unit: string, { code, message, hint }: NonNullable<StepEnd["error"]>): OperatorError {
  if (!isSaidByUnits(code)) return unitFailed(unit, `said: ${message}`);
  return new OperatorError(code, String(message), { hint: String(hint) });
}

const isSaidByUnits = (code: string): code is ErrorCode => SAID_BY_UNITS.includes(code);
