import type { DestructiveStatement } from "@oroboros/slot-contract";
import { hasSqlDetails } from "libpg-query";
import { emptied } from "./emptied.ts";
import { plpgsqlParts, type CodePart } from "./plpgsql-parts.ts";
import type { Routine, Script } from "./script.ts";
import { excerpt } from "./statement-source.ts";

/** Code that runs code, that runs code: nobody writes that without wanting to hide something. */
const MAX_DEPTH = 5;

/** What running it would do; lines count from the beginning of the body, and a statement is empty where no part of it can be shown. */
export function readRoutine(routine: Routine, script: Script): DestructiveStatement[] {
  if (routine.found === undefined) {
    routine.found = [];
    routine.found = readBody(routine, script);
  }
  return routine.found;
}

function readBody(routine: Routine, script: Script): DestructiveStatement[] {
  const { language, body, statements, text } = routine;
  if (script.depth >= MAX_DEPTH) return [unseen("code within code", "")];
  try {
    if (statements !== undefined) return emptied(statements).map((each) => ({ ...each, statement: "", line: 1 }));
    if (language === "sql") return script.read(body, deeper(script));
    const parts = language === "plpgsql" ? plpgsqlParts(text) : undefined;
    if (parts !== undefined) return parts.flatMap((part) => readPart(part, script));
  } catch (error) {
    if (!hasSqlDetails(error)) throw error;
  }
  return [unseen(`${language} that can not be read`, "")];
}

const deeper = ({ routines, depth }: Script): Pick<Script, "routines" | "depth"> => ({ routines, depth: depth + 1 });

function readPart({ sql, line, isDynamic }: CodePart, script: Script): DestructiveStatement[] {
  if (sql === undefined) return [{ ...unseen("SQL made while it runs", ""), line }];
  const found = readOrHide(sql, script);
  // A text that is executed has its own lines.
  return found.map((each) => ({ ...each, line: isDynamic ? line : line + each.line - 1 }));
}

function readOrHide(sql: string, script: Script): DestructiveStatement[] {
  try {
    return script.read(sql, deeper(script));
  } catch (error) {
    if (!hasSqlDetails(error)) throw error;
    return [unseen("SQL that can not be read", excerpt(sql))];
  }
}

const unseen = (object: string, statement: string): DestructiveStatement => ({
  kind: "opaque",
  object,
  statement,
  line: 1,
});
