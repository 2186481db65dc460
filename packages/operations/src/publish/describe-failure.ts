import { OperatorError } from "@oroboros/slot-contract";

/** Whatever a step throws once it is told to end says nothing about the branch. */
const ENDED = {
  code: "interrupted",
  message: "The step was ended: its run was canceled, its lease is gone, or its worker was told to stop.",
  hint: "See what became of the run in its next events.",
} as const;

/** What a step's event and evidence say of what it threw. */
export function describeFailure(error: unknown, signal: AbortSignal): { code: string; message: string; hint: string } {
  const cause = timeLimitOf(signal) ?? (signal.aborted ? undefined : error);
  if (cause === undefined) return ENDED;
  if (cause instanceof OperatorError) return { code: cause.code, message: cause.message, hint: cause.hint };
  const message = cause instanceof Error ? cause.message : String(cause);
  return {
    code: "internal_error",
    message,
    hint: "This is a defect of the runtime; the worker's log has the details.",
  };
}

/** The limit that ended the work, where it was one. */
export function timeLimitOf({ aborted, reason }: AbortSignal): OperatorError | undefined {
  return aborted && reason instanceof OperatorError && reason.code === "step_timed_out" ? reason : undefined;
}
