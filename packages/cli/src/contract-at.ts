import { defineContract, OperatorError, type RuntimeContract } from "@oroboros/slot-contract";
import { badValue } from "./bad-value.ts";
import type { CommandContext } from "./command.ts";

/**
 * The contract of an installation in the directory that `--root` names, else OROBOROS_ROOT, else in the usual one.
 *
 * @throws OperatorError `invalid_contract` for a directory that can not be one.
 */
export function contractAt(
  { input, world }: Pick<CommandContext, "input" | "world">,
  { usual, portOffset, isOwnRoot }: { usual: string; portOffset?: number; isOwnRoot?: boolean },
): RuntimeContract {
  const option = input.optionalText("root");
  const variable = isOwnRoot === true ? undefined : world.environment["OROBOROS_ROOT"];
  const root = option ?? variable ?? usual;
  try {
    return defineContract({ root, ...(portOffset === undefined ? {} : { portOffset }) });
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    const allowed = "give an absolute path of letters, digits and -._/ that never goes up";
    const hint = "For example: --root /var/tmp/oroboros";
    const { message } = badValue(option === undefined ? "OROBOROS_ROOT" : "--root", root, { allowed, hint });
    throw new OperatorError(error.code, message, { hint });
  }
}
