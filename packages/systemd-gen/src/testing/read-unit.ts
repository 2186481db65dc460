/** A line of a unit file, as systemd's reader hands it to whoever knows the directive. */
export interface ReadLine {
  readonly section: string;
  readonly directive: string;
  readonly value: string;
}

/**
 * Reads a unit file as systemd 252 does (systemd.syntax(7), conf-parser.c), so that a test need not boot one for every value: lines end
 * at any of three characters, and one with a backslash at its end goes on.
 */
export function readUnit(text: string): ReadLine[] {
  const found: ReadLine[] = [];
  let section = "";
  let begun = "";
  for (const line of text.split(/[\n\r\0]/)) {
    const plain = begun === "" ? line.replace(/^[ \t\n\r]+/, "") : line;
    if (/^[#;]/.test(plain)) continue;
    const whole = begun + plain;
    if (/(^|[^\\])(\\\\)*\\$/.test(plain)) {
      begun = `${whole.slice(0, -1)} `;
      continue;
    }
    begun = "";
    const stripped = strip(whole);
    const heading = /^\[(.*)\]$/.exec(stripped);
    if (heading !== null) section = heading[1] ?? "";
    else if (stripped !== "") found.push({ section, ...assigned(stripped) });
  }
  return found;
}

function assigned(line: string): { directive: string; value: string } {
  const at = line.indexOf("=");
  if (at < 1) throw new Error(`${JSON.stringify(line)} is no assignment.`);
  return { directive: strip(line.slice(0, at)), value: strip(line.slice(at + 1)) };
}

const strip = (text: string): string => text.replace(/^[ \t\n\r]+|[ \t\n\r]+$/g, "");
const BLANK = " \t\n\r";

/** Words with quotes, and C escapes where the directive has them (extract-word.c). */
export function wordsOf(value: string, escapes: "c" | "plain"): string[] {
  const words: string[] = [];
  let at = 0;
  for (;;) {
    while (at < value.length && BLANK.includes(value[at] ?? "")) at += 1;
    if (at >= value.length) return words;
    const { word, end } = oneWord(value, at, escapes);
    words.push(word);
    at = end;
  }
}

function oneWord(value: string, start: number, escapes: "c" | "plain"): { word: string; end: number } {
  let word = "";
  let quote = "";
  let at = start;
  for (; at < value.length; at += 1) {
    const character = value[at] ?? "";
    if (character === "\\") {
      const { text, length } = escapes === "c" ? unescaped(value, at + 1) : { text: value[at + 1] ?? "", length: 1 };
      word += text;
      at += length;
    } else if (character === quote) quote = "";
    else if (quote === "" && `"'`.includes(character)) quote = character;
    else if (quote === "" && BLANK.includes(character)) break;
    else word += character;
  }
  if (quote !== "") throw new Error(`A quote of ${JSON.stringify(value)} does not end.`);
  return { word, end: at };
}

const SHORT: Readonly<Record<string, string>> = {
  a: "\u0007",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
  '"': '"',
  "'": "'",
  s: " ",
};

/** escape.c, as far as a single byte of ASCII. */
function unescaped(value: string, at: number): { text: string; length: number } {
  const short = SHORT[value[at] ?? ""];
  if (short !== undefined) return { text: short, length: 1 };
  const byte = /^x([0-7][0-9a-f])/.exec(value.slice(at, at + 3))?.[1];
  if (byte === undefined || byte === "00") throw new Error(`${JSON.stringify(value.slice(at))} begins with no escape.`);
  return { text: String.fromCodePoint(Number.parseInt(byte, 16)), length: 3 };
}

/** What `%` introduces; only a doubled one is text (specifier.c). */
export function withSpecifiers(text: string, values: Readonly<Record<string, string>> = {}): string {
  return text.replace(/%(.)/gsu, (whole, letter: string) => (letter === "%" ? "%" : (values[letter] ?? fail(whole))));
}

/** What `$` introduces in a command's arguments; only a doubled one is text (env-util.c). */
export function withVariables(text: string): string {
  if (/^\$[^{$]/.test(text)) fail(text);
  return text.replace(/\$\$|\$\{/g, (found) => (found === "$$" ? "$" : fail(text)));
}

function fail(text: string): never {
  throw new Error(`${JSON.stringify(text)} would be filled in.`);
}
