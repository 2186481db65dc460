import type { z } from "zod";
import { OperatorError } from "../operator-error.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads a process's environment by its schema. Variables the schema does not know are left alone.
 *
 * @throws OperatorError `invalid_environment` with one message that names every missing or wrong variable; values are never
 *   printed, because a wrong value may be a secret in the wrong place.
 */
export function parseEnvironment<Schema extends z.ZodType>(
  process: string,
  schema: Schema,
  source: Environment,
): z.output<Schema> {
  const parsed = schema.safeParse(source);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => {
    const name = String(issue.path[0] ?? "environment");
    return `${name} ${source[name] === undefined && issue.path.length > 0 ? "is missing" : issue.message}`;
  });
  throw new OperatorError("invalid_environment", `${process} can not start: ${[...new Set(problems)].join("; ")}.`, {
    hint: `Set the named variables in the env file of ${process} and start it again.`,
  });
}
