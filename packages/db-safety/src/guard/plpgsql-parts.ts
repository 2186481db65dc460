import { parsePlPgSQLSync, parseSync } from "libpg-query";
import { nodeOf } from "./syntax-tree.ts";

/** A piece of SQL inside of PL/pgSQL. */
export interface CodePart {
  /** Undefined where it is only put together when it runs. */
  sql: string | undefined;
  /** Counted from the beginning of the body. */
  line: number;
  /** It is a text that EXECUTE is given. */
  isDynamic: boolean;
}

interface Expression {
  query: string;
  parseMode: number;
}

/** PostgreSQL's `RawParseMode`: a whole statement is 0, and what is more than 2 an assignment. */
const STATEMENT = 0;
const EXPRESSION = 2;

/** Where each kind of statement has the text that it executes. */
const DYNAMIC: Record<string, string> = {
  PLpgSQL_stmt_dynexecute: "query",
  PLpgSQL_stmt_dynfors: "query",
  PLpgSQL_stmt_return_query: "dynquery",
  PLpgSQL_stmt_open: "dynquery",
};

/** Every statement and expression of a DO block, or of a function that `text` makes; undefined where it can not be read. */
export function plpgsqlParts(text: string): CodePart[] | undefined {
  const tree = parsed(text);
  if (tree === undefined) return undefined;
  const found: CodePart[] = [];
  const left: { value: unknown; line: number; isDynamic: boolean }[] = [{ value: tree, line: 1, isDynamic: false }];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const { value, isDynamic } = next;
    if (typeof value !== "object" || value === null) continue;
    const line = "lineno" in value && typeof value.lineno === "number" ? value.lineno : next.line;
    for (const [name, child] of Object.entries(value).toReversed()) {
      if (name === "PLpgSQL_expr") found.push(partOf(child, line, isDynamic));
      else left.push(...below(name, child, line, isDynamic));
    }
  }
  return found;
}

/** The parser knows no table: where code uses the columns of one's row, it takes them for names that do not exist. */
function parsed(text: string): object | undefined {
  try {
    return parsePlPgSQLSync(text);
  } catch (error) {
    // An error of the module's own, as when the stack is at its end, is another class.
    if (error instanceof Error && Object.getPrototypeOf(error) === Error.prototype) return undefined;
    throw error;
  }
}

/** The text that a statement executes is told from the values that it executes it with. */
function below(name: string, child: unknown, line: number, isDynamic: boolean) {
  const field = DYNAMIC[name];
  if (field === undefined || typeof child !== "object" || child === null) return [{ value: child, line, isDynamic }];
  const ownLine = "lineno" in child && typeof child.lineno === "number" ? child.lineno : line;
  return Object.entries(child)
    .toReversed()
    .map(([key, value]) => ({ value: { [key]: value }, line: ownLine, isDynamic: key === field }));
}

function partOf({ query, parseMode }: Expression, line: number, isDynamic: boolean): CodePart {
  if (isDynamic) return { sql: constantText(query), line, isDynamic };
  if (parseMode === STATEMENT) return { sql: query, line, isDynamic };
  const value = parseMode === EXPRESSION ? query : query.replace(/^[^=]*?:?=/, "");
  // As a part of a statement that is not there for its functions alone.
  return { sql: `explain select ${value}`, line, isDynamic };
}

function constantText(expression: string): string | undefined {
  const [only] = parseSync(`select ${expression}`).stmts ?? [];
  const [target] = nodeOf(only?.stmt, "SelectStmt")?.targetList ?? [];
  return nodeOf(nodeOf(target, "ResTarget")?.val, "A_Const")?.sval?.sval;
}
