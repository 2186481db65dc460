import type { DestructiveStatement } from "@oroboros/slot-contract";
import type { Node } from "libpg-query";
import { namesOf } from "./object-name.ts";
import { readRoutine } from "./read-routine.ts";
import type { Script } from "./script.ts";
import type { StatementSource } from "./statement-source.ts";
import { nodeOf, nodesNamed, type NodeOf } from "./syntax-tree.ts";
import { isHarmlessFunction } from "./harmless-functions.ts";

interface Place {
  text: () => string;
  source: () => StatementSource;
}

/** Whose code a statement runs besides its own: a DO block, and the functions and procedures that it calls. */
export function runCode(node: Node, place: Place, script: Script): DestructiveStatement[] {
  const made = nodeOf(node, "CreateFunctionStmt");
  if (made !== undefined) return remember(made, place, script);
  const block = nodeOf(node, "DoStmt");
  if (block !== undefined) return runBlock(block, place, script);
  const elsewhere = runsOutside(node);
  if (elsewhere !== undefined) return [{ kind: "opaque", object: elsewhere, ...place.source() }];
  const called = callsOf(node);
  return called.flatMap((name) => runRoutine(name, { isAlone: isAlone(node), place, script }));
}

/** One that is named as those that are taken for harmless would pass for one of them in another migration. */
function remember(
  { funcname = [], options = [], sql_body }: NodeOf<"CreateFunctionStmt">,
  place: Place,
  script: Script,
): DestructiveStatement[] {
  const name = funcname.flatMap(namesOf).at(-1) ?? "";
  const body = nodeOf(optionOf(options, "as"), "List")?.items?.flatMap(namesOf).at(-1) ?? "";
  const language = namesOf(optionOf(options, "language")).at(0)?.toLowerCase() ?? "sql";
  const routine = { language, body, statements: sql_body, text: place.text() };
  script.routines.set(name, [...(script.routines.get(name) ?? []), routine]);
  if (!isHarmlessFunction([name])) return [];
  return [{ kind: "opaque", object: `${name}(), which is named as one of PostgreSQL's own`, ...place.source() }];
}

function runBlock({ args = [] }: NodeOf<"DoStmt">, place: Place, script: Script): DestructiveStatement[] {
  const language = namesOf(optionOf(args, "language")).at(0)?.toLowerCase() ?? "plpgsql";
  const body = namesOf(optionOf(args, "as")).join("");
  const start = args.map((each) => nodeOf(each, "DefElem")).find((each) => each?.defname === "as")?.location;
  const { line } = script.sourceAt(start);
  const { statement } = place.source();
  return readRoutine({ language, body, text: place.text() }, script).map((each) => ({
    ...each,
    statement: each.statement === "" ? statement : each.statement,
    line: line + each.line - 1,
  }));
}

const optionOf = (options: readonly Node[], wanted: string): Node | undefined =>
  options.map((each) => nodeOf(each, "DefElem")).find((each) => each?.defname === wanted)?.arg;

/** What runs beside the server, or inside of it as machine code. */
function runsOutside(node: Node): string | undefined {
  const copy = nodeOf(node, "CopyStmt");
  if (copy?.is_program === true) return `program ${copy.filename ?? ""}`;
  const library = nodeOf(node, "LoadStmt")?.filename;
  return library === undefined ? undefined : `library ${library}`;
}

/** The functions that a statement evaluates, not those that it only mentions in a definition. */
const EVALUATED = [
  "SelectStmt",
  "InsertStmt",
  "UpdateStmt",
  "DeleteStmt",
  "MergeStmt",
  "CallStmt",
  "CreateTableAsStmt",
  "CopyStmt",
  "ExplainStmt",
  "PrepareStmt",
];

function callsOf(node: Node): string[][] {
  if (!EVALUATED.some((name) => name in node)) return [];
  const procedure = nodeOf(node, "CallStmt")?.funccall;
  const calls = [...(procedure === undefined ? [] : [procedure]), ...nodesNamed(node, "FuncCall")];
  const names = calls.map(({ funcname = [] }) => funcname.flatMap(namesOf));
  return [...new Map(names.map((name) => [name.join("."), name])).values()];
}

/** A CALL, or a SELECT for its own sake, is there for what its function does; elsewhere a function makes a value. */
const isAlone = (node: Node): boolean => "SelectStmt" in node || "CallStmt" in node;

function runRoutine(
  name: readonly string[],
  { isAlone: alone, place, script }: { isAlone: boolean; place: Place; script: Script },
): DestructiveStatement[] {
  const routines = script.routines.get(name.at(-1) ?? "");
  if (routines === undefined) {
    if (!alone || isHarmlessFunction(name)) return [];
    return [{ kind: "opaque", object: `${name.join(".")}()`, ...place.source() }];
  }
  const { line, statement } = place.source();
  return routines.flatMap((routine) =>
    readRoutine(routine, script).map((each) => ({
      ...each,
      statement: each.statement === "" ? statement : `${name.join(".")}(): ${each.statement}`,
      line,
    })),
  );
}
