import type { StepLine } from "@oroboros/host/slot-driver";
import { OperatorError } from "@oroboros/slot-contract";

// A full disk, or a log that has grown too large, is no reason to end what a step does.
process.stdout.on("error", () => undefined);

/** A line of the unit's log. To a file Node writes at once: nothing is lost where this process is killed. */
export function say(line: StepLine): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** Says what keeps the unit from doing its job. */
export function sayError(error: unknown): void {
  if (error instanceof OperatorError) {
    const { code, message, hint } = error;
    say({ error: { code, message, hint } });
  } else {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    say({ error: { code: "internal_error", message, hint: "This is a defect of the runtime." } });
  }
}
