import { FAILURE_CODES, OperatorError, RUN_STATES } from "@oroboros/slot-contract";
import { badValue, helpOf } from "./bad-value.ts";

interface Issue {
  code?: string | undefined;
  path: PropertyKey[];
  message: string;
}
interface Schema<T> {
  safeParse(value: unknown): { success: true; data: T } | { success: false; error: { issues: Issue[] } };
}

const characters = (maximum: number): string => `give 1 to ${maximum} characters`;
const oneOf = (words: readonly string[]): string => `give one of ${words.join(", ")}`;

/** The options that go to the api, by the field that they fill there, and what the api allows. */
const OPTIONS: Readonly<Record<string, { flag: string; allowed: string }>> = {
  title: { flag: "--title", allowed: characters(200) },
  prompt: { flag: "--prompt", allowed: "give at most 20000 characters" },
  branch: { flag: "--branch", allowed: "give the plain name of a branch, such as feature/priorities" },
  commit_sha: { flag: "--commit", allowed: "give a full commit id: 40 of the digits 0 to 9 and a to f" },
  route: { flag: "--route", allowed: characters(2_000) },
  page_title: { flag: "--page-title", allowed: characters(500) },
  element_hint: { flag: "--element-hint", allowed: characters(2_000) },
  note: { flag: "--note", allowed: characters(20_000) },
  reason: { flag: "--reason", allowed: characters(2_000) },
  reviewer_id: { flag: "--reviewer", allowed: characters(200) },
  hours: { flag: "--hours", allowed: "give a whole number from 1 to 720" },
  limit: { flag: "--limit", allowed: "give a whole number from 1 to 200" },
  offset: { flag: "--offset", allowed: "give a whole number from 0" },
  status: { flag: "--status", allowed: oneOf(RUN_STATES) },
  to_status: { flag: "--to", allowed: oneOf(RUN_STATES) },
  failure_reason_code: { flag: "--code", allowed: oneOf(FAILURE_CODES) },
};

/** What a command's options say, as the api takes it. @throws OperatorError `invalid_request`, naming every option that is wrong. */
export function parseOptions<T>(command: string, schema: Schema<T>, values: Readonly<Record<string, unknown>>): T {
  const parsed = schema.safeParse(values);
  if (parsed.success) return parsed.data;
  const problems = new Set(parsed.error.issues.map((issue) => problemOf(issue, values)));
  throw new OperatorError("invalid_request", [...problems].join(" "), { hint: helpOf(command) });
}

function problemOf({ code, path, message }: Issue, values: Readonly<Record<string, unknown>>): string {
  const field = String(path[0]);
  const option = OPTIONS[field];
  // A field without a row would be told in the schema library's words: a defect of this table.
  if (option === undefined) throw new Error(`no option is known to fill ${field}`);
  const given = values[field];
  if (given === undefined) return `${option.flag} is missing: it ${message}.`;
  // What depends on another option only the schema can say.
  const allowed = code === "custom" && field === "failure_reason_code" ? `it ${message}` : option.allowed;
  return badValue(option.flag, String(given), { allowed, hint: "" }).message;
}
