import { OperatorError } from "@oroboros/slot-contract";

/** Whatever a step throws once it is told to end says nothing about the branch. */
const ENDED = {
  code: "interrupted",
  message: "The step was ended: its run was canceled, its lease is gone, or its worker was told to stop.",
  hint: "See what became of the run in its next events.",
} as const;

/** What a step's event and evidence say of what it threw. */
export function describeFailure(error: unknown, signal: AbortSignal): { code: string; message: string; hint: string } {
  if (signal.aborted) return ENDED;
  if (error instanceof OperatorError) return { code: error.code, message: error.message, hint: error.hint };
  const message = error instanceof Error ? error.message : String(error);
  return {
    code: "internal_error",
    message,
    hint: "This is a defect of the runtime; the worker's log has the details.",
  };
}
