import { parseEnvFile, serializeEnvFile } from "@oroboros/slot-contract";

const nameOf = (line: string): string | undefined => /^([A-Z][A-Z0-9_]*)=/.exec(line)?.[1];

/**
 * An env file with other values. What is null goes; everything else stays where and as it was, an operator's variables and comments
 * included. Of a variable that stands there twice the last one counts (systemd.exec(5)), and only that stays.
 */
export function changeEnvText(text: string, changes: Readonly<Record<string, string | null>>): string {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  const last = new Map(lines.flatMap((line, index) => pair(nameOf(line), index)));
  const kept = lines.flatMap((line, index) => {
    const name = nameOf(line);
    if (name === undefined || !Object.hasOwn(changes, name)) return [line];
    const value = changes[name];
    return value === null || value === undefined || last.get(name) !== index ? [] : [lineOf(name, value)];
  });
  const added = Object.entries(changes).flatMap(([name, value]) =>
    value === null || last.has(name) ? [] : [lineOf(name, value)],
  );
  return [...kept, ...added].map((line) => `${line}\n`).join("");
}

const pair = (name: string | undefined, index: number): [string, number][] =>
  name === undefined ? [] : [[name, index]];

const lineOf = (name: string, value: string): string => serializeEnvFile({ [name]: value }).trimEnd();

/** The variables of an env file's text; none where there is no file. */
export const variablesOf = (text: string | undefined): Record<string, string> => parseEnvFile(text ?? "");
