const MAX_STATEMENT = 240;

/** Where a statement stands in its script, and what a person is shown of it. */
export interface StatementSource {
  line: number;
  statement: string;
}

/** Finds statements by the offsets that the parser gives, which count bytes and begin where the statement before ends. */
export function statementSources(sql: string): (from?: number, length?: number) => StatementSource {
  const bytes = Buffer.from(sql);
  let counted = 0;
  let line = 1;
  return (from = 0, length = 0) => {
    const start = skipBlank(bytes, from);
    const end = length === 0 ? bytes.length : from + length;
    if (start < counted) [counted, line] = [0, 1];
    for (let at = bytes.indexOf(10, counted); at !== -1 && at < start; at = bytes.indexOf(10, at + 1)) line += 1;
    counted = start;
    // Four bytes are the longest character.
    return { line, statement: excerpt(bytes.toString("utf8", start, Math.min(end, start + 4 * MAX_STATEMENT))) };
  };
}

/** One line that can be printed anywhere: what steers a terminal, or turns the direction of text around, is left out. */
export function excerpt(text: string): string {
  const plain = text
    .replaceAll(/\s+/g, " ")
    .replaceAll(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}]/gu, "")
    .trim();
  const shown = Array.from(plain);
  return shown.length > MAX_STATEMENT ? `${shown.slice(0, MAX_STATEMENT - 1).join("")}…` : plain;
}

const [TAB, NEWLINE, RETURN, SPACE, DASH, SLASH, STAR] = [9, 10, 13, 32, 45, 47, 42];
const BLANKS = new Set([TAB, NEWLINE, 11, 12, RETURN, SPACE]);

/** What stands before a statement: spaces, and the two kinds of comments, of which one nests. */
function skipBlank(bytes: Buffer, from: number): number {
  let at = from;
  for (;;) {
    while (BLANKS.has(bytes[at] ?? 0)) at += 1;
    if (bytes[at] === DASH && bytes[at + 1] === DASH) at = lineEnd(bytes, at);
    else if (bytes[at] === SLASH && bytes[at + 1] === STAR) at = commentEnd(bytes, at);
    else return at;
  }
}

function lineEnd(bytes: Buffer, from: number): number {
  const end = bytes.indexOf(NEWLINE, from);
  return end === -1 ? bytes.length : end;
}

function commentEnd(bytes: Buffer, from: number): number {
  let depth = 0;
  for (let at = from; at < bytes.length; at += 1) {
    if (bytes[at] === SLASH && bytes[at + 1] === STAR) [depth, at] = [depth + 1, at + 1];
    else if (bytes[at] === STAR && bytes[at + 1] === SLASH) [depth, at] = [depth - 1, at + 1];
    if (depth === 0) return at + 1;
  }
  return bytes.length;
}
