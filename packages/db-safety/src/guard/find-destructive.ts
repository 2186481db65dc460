import type { DestructiveStatement } from "@oroboros/slot-contract";
import { parseSync, type Node, type RawStmt } from "libpg-query";
import { altered } from "./altered.ts";
import { dropped } from "./dropped.ts";
import { emptied } from "./emptied.ts";
import type { Found } from "./found.ts";
import { renamed } from "./renamed.ts";
import { runCode } from "./run-code.ts";
import type { Routine, Script } from "./script.ts";
import { excerpt, statementSources } from "./statement-source.ts";
import { takenRights } from "./taken-rights.ts";

/**
 * The statements of a migration that take something away, or break it for who still expects it, in the order of the text. Read with
 * PostgreSQL's own grammar, so a comment, a string or a name is none. `loadModule` of libpg-query has to have passed before.
 *
 * @throws SqlError where the text is no SQL; RangeError where it is nested too deeply to be read.
 */
export function findDestructive(sql: string): DestructiveStatement[] {
  if (sql.includes("\0")) throw new Error("it has the character NUL, which PostgreSQL refuses");
  const found = readScript(sql, { routines: new Map<string, Routine[]>(), depth: 0 });
  return found.map((each) => ({ ...each, object: excerpt(each.object) }));
}

function readScript(sql: string, { routines, depth }: Pick<Script, "routines" | "depth">): DestructiveStatement[] {
  // The parser's word for an empty text is an error.
  if (sql.trim() === "") return [];
  const sourceAt = statementSources(sql);
  const bytes = Buffer.from(sql);
  const script: Script = { routines, depth, sourceAt, read: readScript };
  return (parseSync(sql).stmts ?? []).flatMap(({ stmt, stmt_location: from = 0, stmt_len: length = 0 }: RawStmt) => {
    if (stmt === undefined) return [];
    const found = readStatement(stmt);
    const text = (): string => bytes.toString("utf8", from, length === 0 ? bytes.length : from + length);
    const source = found.length === 0 ? undefined : sourceAt(from, length);
    const named = source === undefined ? [] : found.map((each) => ({ ...each, ...source }));
    return [...named, ...runCode(stmt, { text, source: () => sourceAt(from, length) }, script)];
  });
}

/** These only say what is to be done later. */
const LATER = ["CreateFunctionStmt", "RuleStmt"];

function readStatement(node: Node): Found[] {
  if (LATER.some((name) => name in node)) return [];
  return [dropped, altered, renamed, emptied, takenRights].flatMap((rule) => rule(node));
}
