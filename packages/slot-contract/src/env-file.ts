import { OperatorError } from "./operator-error.ts";

const NAME = /^[A-Z][A-Z0-9_]*$/;
// systemd drops a whole file for one value that is no Unicode text or has such a control character (env_value_is_valid in env-util.c).
const UNREADABLE = /(?![\t\u0080-\u009f])\p{Cc}|[\p{Cs}\p{Noncharacter_Code_Point}]/u;

/**
 * Writes an env file in the form systemd's `EnvironmentFile=` reads back unchanged (systemd.exec(5)): every value in double
 * quotes, with backslash, quote, dollar and backquote escaped.
 *
 * @throws OperatorError `invalid_environment` for a name or value no env file can carry.
 */
export function serializeEnvFile(variables: Readonly<Record<string, string>>): string {
  const lines = Object.entries(variables).map(([name, value]) => {
    if (!NAME.test(name) || UNREADABLE.test(value)) {
      throw new OperatorError("invalid_environment", `${JSON.stringify(name)} can not be written to an env file.`, {
        hint: "Use an upper-case name, and a value on one line without control characters.",
      });
    }
    return `${name}="${value.replace(/[\\"$`]/g, "\\$&")}"\n`;
  });
  return lines.join("");
}

/** Reads what {@link serializeEnvFile} wrote; also unquoted values and `#` comments, as the documents show them. */
export function parseEnvFile(text: string): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const line of text.split(/\r?\n/)) {
    const match = /^([A-Z][A-Z0-9_]*)=(.*)$/s.exec(line);
    const [, name, raw] = match ?? [];
    if (name === undefined || raw === undefined) continue;
    variables[name] = /^".*"$/s.test(raw) ? raw.slice(1, -1).replace(/\\([\\"$`])/g, "$1") : raw;
  }
  return variables;
}
