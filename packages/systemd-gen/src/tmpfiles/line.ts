import { OperatorError } from "@oroboros/slot-contract";

const PLAIN = /^[A-Za-z0-9_./@+:-]+$/;

/**
 * A line of tmpfiles.d(5) or sysusers.d(5): fields in one row, each quoted where it needs it, no specifier ever meant.
 *
 * @throws OperatorError `invalid_contract` for a field that no line can carry.
 */
export const line = (fields: readonly string[]): string => `${fields.map(quoteField).join(" ")}\n`;

function quoteField(field: string): string {
  if (PLAIN.test(field)) return field;
  // Both formats end a line at a newline, whatever is quoted.
  if (/[\p{Cc}\p{Cs}]/u.test(field)) {
    throw new OperatorError("invalid_contract", `${JSON.stringify(field)} can not stand in a line of a host's files.`, {
      hint: "Take the control characters out of infra/contract.ts.",
    });
  }
  return `"${field.replace(/[\\"]/g, "\\$&").replaceAll("%", "%%")}"`;
}
