import { EXIT_CODES } from "@oroboros/slot-contract";
import type { CommandOutcome } from "./command.ts";
import { paint } from "./table.ts";
import type { World } from "./world.ts";

export interface Style {
  isText: boolean;
  hasColour: boolean;
}

/**
 * Prints what a command found, as one JSON object or for a person, and returns the exit code that goes with it. `told` is what the JSON
 * object calls the command, where the documents promise another word than its name.
 */
export function printOutcome(
  command: string,
  outcome: CommandOutcome,
  to: { world: World; style: Style; told?: string | undefined },
): number {
  const { stdout, stderr } = to.world;
  if (!to.style.isText) stdout.write(`${JSON.stringify(jsonOf(to.told ?? command, outcome))}\n`);
  else if (outcome.text !== undefined) printText(outcome.text, to);
  if (outcome.ok) return 0;
  const { code, hint, kind, message } = outcome.error;
  if (to.style.isText) {
    const text = `${paint.red(`${command}: ${code}`)}\n  ${message}\n  ${paint.dim(hint)}\n`;
    stderr.write(stderr.isTerminal && to.style.hasColour ? text : paint.strip(text));
  }
  return EXIT_CODES[kind];
}

/** Prints text to a person, with colours where he wants them. */
export function printText(text: string, { world, style }: { world: World; style: Style }): void {
  world.stdout.write(`${style.hasColour ? text : paint.strip(text)}\n`);
}

function jsonOf(command: string, outcome: CommandOutcome): object {
  const envelope = { ok: outcome.ok, command };
  // First for whoever reads it, and again for whatever a report has slipped in beside its type.
  const report = { ...envelope, ...outcome.fields, ...envelope };
  if (outcome.ok) return report;
  const { code, message, hint } = outcome.error;
  return { ...report, error: { code, message, hint } };
}
