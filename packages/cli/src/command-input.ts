import {
  commitShaSchema,
  OperatorError,
  runIdSchema,
  SEED_VERSION,
  type CommitSha,
  type RunId,
} from "@oroboros/slot-contract";

/** Stands for a run where nothing is changed, as the documents' examples write it. */
const DRY_RUN_ID = "dry-run";

/** The options and the argument of one command line, by their camelCase names. */
export interface CommandInput {
  /** A required option or argument, or one with a default. */
  text(name: string): string;
  optionalText(name: string): string | undefined;
  flag(name: string): boolean;
  list(name: string): string[];
}

export function commandInput(values: Readonly<Record<string, unknown>>): CommandInput {
  const optionalText = (name: string): string | undefined => {
    const value = values[name];
    return typeof value === "string" ? value : undefined;
  };
  return {
    optionalText,
    text: (name) => {
      const value = optionalText(name);
      if (value === undefined) throw new Error(`the command table does not require ${name}`);
      return value;
    },
    flag: (name) => values[name] === true,
    list: (name) => {
      const value = values[name];
      return Array.isArray(value) ? value.map(String) : [];
    },
  };
}

/** @throws OperatorError `invalid_request` for anything but a run id. */
export function parseRunId(text: string): RunId {
  const parsed = runIdSchema.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new OperatorError("invalid_request", `${JSON.stringify(text.slice(0, 80))} is not a run id.`, {
    hint: "List the runs with: oroboros runs list",
  });
}

/** The commit named by `--commit`. @throws OperatorError `invalid_request` for anything but a full id. */
export function optionalCommit(input: CommandInput): CommitSha | undefined {
  const text = input.optionalText("commit");
  if (text === undefined) return undefined;
  const parsed = commitShaSchema.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new OperatorError("invalid_request", `${JSON.stringify(text.slice(0, 80))} is no full commit id.`, {
    hint: "Use all 40 digits, for example from: git rev-parse HEAD",
  });
}

interface Schema<T> {
  safeParse(
    value: unknown,
  ): { success: true; data: T } | { success: false; error: { issues: { path: PropertyKey[]; message: string }[] } };
}

/** What a command's options say, as the api takes it. @throws OperatorError `invalid_request`, naming what is wrong. */
export function parseOptions<T>(command: string, schema: Schema<T>, values: unknown): T {
  const parsed = schema.safeParse(values);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  throw new OperatorError("invalid_request", `This can not be asked for: ${problems.join("; ")}.`, {
    hint: `See: oroboros ${command} --help`,
  });
}

/** The run named by `--run-id`; none where a dry run names the documents' `dry-run`. */
export function optionalRunId(input: CommandInput): RunId | undefined {
  const text = input.optionalText("runId");
  if (text === undefined || (text === DRY_RUN_ID && input.flag("dryRun"))) return undefined;
  return parseRunId(text);
}

/** @throws OperatorError `invalid_request` for what can not be the name of a seed. */
export function seedVersion(input: CommandInput): string {
  const version = input.text("seedVersion");
  if (SEED_VERSION.test(version)) return version;
  throw new OperatorError("invalid_request", `${JSON.stringify(version.slice(0, 80))} is not a seed version.`, {
    hint: "Use a version that oroboros.app.json declares under database.seeds, such as v1.",
  });
}

/** A whole number of seconds. @throws OperatorError `invalid_request`. */
export function optionalSeconds(input: CommandInput, name: string, maximum: number): number | undefined {
  const text = input.optionalText(name);
  if (text === undefined) return undefined;
  const seconds = /^[1-9][0-9]{0,8}$/.test(text) ? Number(text) : Number.NaN;
  if (seconds <= maximum) return seconds;
  throw new OperatorError(
    "invalid_request",
    `${JSON.stringify(text.slice(0, 80))} is not a number of seconds up to ${maximum}.`,
    {
      hint: "Give whole seconds, such as 30.",
    },
  );
}
