import { uncarriable, type Place } from "./refuse.ts";
import type { Text } from "./unit-file.ts";

const NUL = "\0";
/** Those of ASCII: a later one is two bytes of UTF-8, which mean nothing to systemd. */
const isControl = (character: string): boolean => character < " " || character === "\u007f";
const UNQUOTED = /^[A-Za-z0-9@%$+=:,./_-]+$/;
const ESCAPES: Readonly<Record<string, string>> = { "\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** One word of a list or a command: `"…"` where it has to be, with the C escapes of systemd.syntax(7). */
export function quoted(text: string): string {
  return UNQUOTED.test(text) ? text : `"${text.replace(/[\\"]|\p{Cc}/gu, escape)}"`;
}

function escape(character: string): string {
  const known = ESCAPES[character];
  if (known !== undefined || !isControl(character)) return known ?? character;
  return `\\x${(character.codePointAt(0) ?? 0).toString(16).padStart(2, "0")}`;
}

/** A path in a list: those are read with quotes, but without C escapes (systemd.exec(5)). */
export function quotedPath(place: Place, path: string): string {
  const plain = withoutControl(place, path);
  return UNQUOTED.test(plain) ? plain : `"${plain.replace(/[\\"]/g, "\\$&")}"`;
}

/** What is read to the end of the line, with neither quotes nor escapes. */
export function raw(place: Place, text: string): string {
  withoutControl(place, text);
  if (text !== text.replace(/^[ \t]+|[ \t]+$/g, ""))
    throw uncarriable(place, text, "systemd cuts off blanks at an end");
  // systemd.syntax(7): such a line goes on with the next one.
  if (/(^|[^\\])(\\\\)*\\$/.test(text))
    throw uncarriable(place, text, "a backslash at the end goes on with the next line");
  return text;
}

export function withoutControl(place: Place, text: string): string {
  if (text.split("").some(isControl)) throw uncarriable(place, text, "it has a control character");
  return text;
}

/** The literal parts of a text by `write`, with systemd's specifiers between them as they are. */
export function filledIn(text: Text, write: (literal: string) => string): string {
  if (typeof text === "string") return write(text);
  return text.map((part) => (typeof part === "string" ? write(part) : `%${part.specifier}`)).join("");
}

/** `%` introduces a specifier nearly everywhere (systemd.unit(5)). */
export const withoutSpecifiers = (text: string): string => text.replaceAll("%", "%%");

/** Characters that end a unit file's line early, or make systemd skip it: it takes nothing that is not text (RFC 3629, no noncharacters). */
export function carriable(place: Place, text: string): string {
  if (text.includes(NUL)) throw uncarriable(place, text, "it has a NUL");
  if (!text.isWellFormed() || NONCHARACTER.test(text)) throw uncarriable(place, text, "it is no Unicode text");
  return text;
}

const NONCHARACTER = /\p{Noncharacter_Code_Point}/u;
