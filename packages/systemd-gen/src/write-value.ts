import { carriable, filledIn, quoted, quotedPath, raw, withoutControl, withoutSpecifiers } from "./quote.ts";
import { uncarriable, type Place } from "./refuse.ts";
import type { ValueKind } from "./directives.ts";
import type { Command, Optional, Text, ValueOf } from "./unit-file.ts";

/** Names, modes, addresses, sizes, calendar events: nothing in it means anything to systemd's reader of lines. */
const WORD = /^[A-Za-z0-9@~:.,_*/+=-]+%?$/;
const ABSOLUTE = /^(?!.*\/\.\.?(\/|$))(?!.*\/\/)\/(.*[^/])?$/s;
/** `EnvironmentFile=` may be a pattern (systemd.exec(5), glob(7)). */
const GLOB = /[*?[\\]/;

type Writer<Kind extends ValueKind> = (place: Place, value: ValueOf<Kind>) => readonly string[];

/** What stands behind `=`, once for each line that the value takes. */
export const WRITERS: { readonly [Kind in ValueKind]: Writer<Kind> } = {
  flag: (_place, value) => [value ? "yes" : "no"],
  number: (place, value) => [whole(place, value)],
  percent: (place, value) => [`${whole(place, value)}%`],
  megabytes: (place, value) => [value === 0 ? "0" : `${whole(place, value)}M`],
  seconds: (place, value) => [duration(place, value)],
  words: (place, value) => [words(place, typeof value === "string" ? [value] : value)],
  lines: (place, value) => value.map((line) => words(place, line)),
  text: (place, value) => [nonEmpty(place, rawText(place, value))],
  path: (place, value) => [rawPath(place, value)],
  paths: (place, value) => [value.map((path) => listedPath(place, path)).join(" ")],
  output: (place, value) => [`append:${rawPath(place, value)}`],
  "environment-file": (place, value) => [environmentFile(place, value)],
  assignments: (place, value) => Object.entries(value).map(([name, text]) => assignment(place, name, text)),
  command: (place, value) => [command(place, value)],
};

function whole(place: Place, value: number): string {
  if (!Number.isSafeInteger(value)) throw uncarriable(place, String(value), "it is no whole number");
  return String(value);
}

function duration(place: Place, seconds: number): string {
  return Number.isInteger(seconds) ? `${whole(place, seconds)}s` : `${whole(place, seconds * 1000)}ms`;
}

function words(place: Place, list: readonly Text[]): string {
  return list.map((text) => filledIn(text, (literal) => word(place, literal))).join(" ");
}

function word(place: Place, literal: string): string {
  if (!WORD.test(literal)) throw uncarriable(place, literal, "only plain names may stand here");
  return literal;
}

const rawText = (place: Place, text: Text): string => raw(place, escaped(place, text));

const escaped = (place: Place, text: Text): string =>
  filledIn(text, (literal) => withoutSpecifiers(carriable(place, literal)));

function nonEmpty(place: Place, text: string): string {
  if (text === "") throw uncarriable(place, text, "it is empty");
  return text;
}

function rawPath(place: Place, text: Text): string {
  const path = rawText(place, text);
  if (!ABSOLUTE.test(path)) throw uncarriable(place, path, "it is no plain absolute path");
  return path;
}

function environmentFile(place: Place, value: Text | Optional): string {
  const isOptional = typeof value === "object" && "optional" in value;
  const path = rawPath(place, isOptional ? value.optional : value);
  if (GLOB.test(path)) throw uncarriable(place, path, "systemd would read it as a pattern");
  return (isOptional ? "-" : "") + path;
}

function listedPath(place: Place, value: string | Optional): string {
  const path = pathOf(value);
  if (!ABSOLUTE.test(path)) throw uncarriable(place, path, "it is no plain absolute path");
  const text = quotedPath(place, dash(value) + withoutSpecifiers(carriable(place, path)));
  // Binds have a source and a target, with a colon between them.
  if (path.includes(":")) throw uncarriable(place, path, "a colon separates paths");
  return text;
}

const pathOf = (value: string | Optional): string => (typeof value === "string" ? value : value.optional);
const dash = (value: string | Optional): string => (typeof value === "string" ? "" : "-");

function assignment(place: Place, name: string, text: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw uncarriable(place, name, "it is no name of a variable");
  // Other control characters are refused when the variable is set (env-util.c).
  withoutControl(place, text.replace(/[\t\n]/g, ""));
  return quoted(`${name}=${escaped(place, text)}`);
}

function command(place: Place, { argv: [program, ...args], asRoot, mayFail }: Command): string {
  // systemd neither fills in variables nor takes quotes in the program's own path (systemd.service(5)).
  if (!ABSOLUTE.test(program) || /["'\\$]/.test(program)) throw uncarriable(place, program, "it is no plain program");
  const path = quoted(withoutSpecifiers(withoutControl(place, carriable(place, program))));
  const prefix = (mayFail === true ? "-" : "") + (asRoot === true ? "+" : "");
  return [prefix + path, ...args.map((arg) => argument(place, arg))].join(" ");
}

/** `$` is doubled as well: systemd fills in variables after it has read the words. */
function argument(place: Place, text: Text): string {
  return quoted(escaped(place, text).replaceAll("$", "$$$$"));
}
