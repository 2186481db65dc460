import type { z } from "zod";
import { OperatorError } from "../operator-error.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads a process's environment by its schema. Variables the schema does not know are left alone.
 *
 * @param reader the process as it begins a sentence, or the env file where a command reads one for itself.
 * @throws OperatorError `invalid_environment` with one message that names every missing or wrong variable; values are never
 *   printed, because a wrong value may be a secret in the wrong place.
 */
export function parseEnvironment<Schema extends z.ZodType>(
  reader: string,
  schema: Schema,
  source: Environment,
): z.output<Schema> {
  const parsed = schema.safeParse(source);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => {
    const name = String(issue.path[0] ?? "environment");
    return `${name} ${source[name] === undefined && issue.path.length > 0 ? "is missing" : issue.message}`;
  });
  const named = [...new Set(problems)].join("; ");
  const isFile = reader.endsWith(".env");
  const happened = isFile ? `${reader} can not be used` : `${reader} can not start`;
  throw new OperatorError("invalid_environment", `${happened}: ${named}.`, {
    hint: isFile
      ? `Correct the named variables in ${reader}, and start again what reads it.`
      : `Correct the named variables in its env file, and start it again.`,
  });
}
