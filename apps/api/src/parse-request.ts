import { OperatorError, runIdSchema, type RunId } from "@oroboros/slot-contract";
import type { Context } from "hono";
import { explainIssue, type Issue } from "./explain-issue.ts";
import { isStorable, readJson } from "./read-json.ts";

interface Schema<T> {
  safeParse(value: unknown): { success: true; data: T } | { success: false; error: { issues: Issue[] } };
}

/** @throws OperatorError `invalid_request`, naming every field that is wrong. */
export async function parseBody<T>(c: Context, schema: Schema<T>): Promise<T> {
  const bytes = await c.req.arrayBuffer();
  const body = bytes.byteLength === 0 ? { value: {} } : readJson(bytes);
  if ("problem" in body) throw invalid(body.problem);
  return parse(schema, body.value);
}

/** Repeated parameters become arrays. */
export function parseQuery<T>(c: Context, schema: Schema<T>): T {
  const lists = Object.entries(c.req.queries());
  if (!lists.flat(2).every(isStorable)) throw invalid("the query has text with a NUL or half a character");
  return parse(schema, Object.fromEntries(lists.map(([name, list]) => [name, list.length === 1 ? list[0] : list])));
}

/** @throws OperatorError `run_not_found` for what is no run id: no run has it. */
export function runIdParameter(c: Context): RunId {
  const id = c.req.param("id") ?? "";
  const parsed = runIdSchema.safeParse(id);
  if (parsed.success) return parsed.data;
  throw runNotFound(id);
}

export function runNotFound(id: string): OperatorError {
  return new OperatorError("run_not_found", `There is no run ${JSON.stringify(id.slice(0, 80))}.`, {
    hint: "List the runs with: oroboros runs list",
  });
}

function parse<T>(schema: Schema<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw invalid(parsed.error.issues.map((issue) => explainIssue(issue, value)).join("; "));
}

function invalid(problem: string): OperatorError {
  return new OperatorError("invalid_request", `The request can not be used: ${problem}.`, {
    hint: "Correct the named fields and send it again.",
  });
}
