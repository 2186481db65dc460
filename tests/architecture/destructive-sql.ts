import { isTestCode, withoutComments, type SourceFile } from "./source-file.ts";

/** What can take away a database, a role, or what is in one. */
const SERVER =
  /\b(?:(?:create|drop|alter)\s+(?:database|role|user|group|tablespace)|reassign\s+owned|drop\s+owned|alter\s+system|pg_terminate_backend)\b/gi;
const OBJECTS =
  /\b(?:(?:drop|alter)\s+(?:(?:materialized\s+)?view|table|schema|index|function|procedure|routine|trigger|sequence|type|domain|extension|policy|aggregate|publication|subscription|server|foreign)\b|truncate\s+(?:table\b|only\b|["$a-z]))|\.schema\s*\.\s*(?:drop|alter)\w+/gi;
const ROWS = /\bdelete\s+from\s+(?:only\s+)?"?([\w.$]+)|\bdeleteFrom\(\s*["'`]?([\w.]+)/gi;

/** The door to slot databases, and the door to the control database. */
const SLOTS = "packages/db-safety";
const CONTROL = "packages/control-store";

/** Destructive SQL in a file that is not the place for it, each as one sentence that names it. */
export function misplacedSql(file: SourceFile, controlTables: ReadonlySet<string>): string[] {
  if (file.owner === SLOTS || isTestCode(file)) return [];
  const code = withoutComments(file.text);
  const found = [...code.matchAll(SERVER)].map(([text]) => text);
  if (!file.path.startsWith(`${CONTROL}/src/migrations/`)) {
    found.push(...[...code.matchAll(OBJECTS)].map(([text]) => text));
    for (const [text, table, built] of code.matchAll(ROWS)) {
      if (file.owner !== CONTROL || !controlTables.has(String(table ?? built))) found.push(text);
    }
  }
  return found.map((text) => `${file.path}: ${text.replace(/\s+/g, " ")}`);
}
