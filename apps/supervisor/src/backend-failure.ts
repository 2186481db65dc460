import { type BackendCommand, type BackendReport, OperatorError } from "@oroboros/slot-contract";

/** The report of a command that failed on what an operator can act on. */
export function failure(command: BackendCommand, slot: string, error: unknown): BackendReport {
  if (!(error instanceof OperatorError)) throw error;
  const { code, message, hint } = error;
  return { ok: false, command, slot_id: slot, reason: code, error: { code, message, hint } };
}

export const endedMeanwhile = (slot: string): OperatorError =>
  new OperatorError(
    "interrupted",
    `${slot} was emptied or the supervisor was stopped before its backend had started.`,
    {
      hint: `Look whether a run still holds ${slot} with: oroboros slots list`,
    },
  );
