import { OperatorError, runIdSchema, type RunId } from "@oroboros/slot-contract";
import type { Context } from "hono";

interface Issue {
  path: PropertyKey[];
  message: string;
}
interface Schema<T> {
  safeParse(value: unknown): { success: true; data: T } | { success: false; error: { issues: Issue[] } };
}

/** @throws OperatorError `invalid_request`, naming every field that is wrong. */
export async function parseBody<T>(c: Context, schema: Schema<T>): Promise<T> {
  const text = await c.req.text();
  return parse(schema, text === "" ? {} : readJson(text));
}

/** Repeated parameters become arrays. */
export function parseQuery<T>(c: Context, schema: Schema<T>): T {
  const values = Object.entries(c.req.queries()).map(([name, list]) => [name, list.length === 1 ? list[0] : list]);
  return parse(schema, Object.fromEntries(values));
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
  throw invalid(
    parsed.error.issues.map(({ path, message }) => `${path.join(".") || "the body"}: ${message}`).join("; "),
  );
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalid("the body is not JSON");
  }
}

function invalid(problem: string): OperatorError {
  return new OperatorError("invalid_request", `The request can not be used: ${problem}.`, {
    hint: "Correct the named fields and send it again.",
  });
}
