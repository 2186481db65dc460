import { OperatorError } from "@oroboros/slot-contract";
import { shown } from "./shown.ts";

/**
 * A value that an option or argument can not have: its name, what was given unless it is a secret, what is allowed, and what to
 * type next.
 *
 * @param allowed an order, such as "give a whole number from 1 to 720".
 */
export function badValue(
  name: string,
  given: string,
  { allowed, hint }: { allowed: string; hint: string },
): OperatorError {
  return new OperatorError("invalid_request", `${name} can not be ${shown(given)}: ${allowed}.`, { hint });
}

export const helpOf = (command: string): string => `See: oroboros ${command} --help`;
