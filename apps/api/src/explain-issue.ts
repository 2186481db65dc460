/** What a schema says of a value that it refuses; zod's own issue, as far as it is read here. */
export interface Issue {
  code?: string;
  path: PropertyKey[];
  message: string;
  expected?: string;
  origin?: string;
  minimum?: number | bigint;
  maximum?: number | bigint;
  format?: string;
  keys?: string[];
  values?: unknown[];
}

const KINDS: Record<string, string> = {
  string: "text",
  int: "a whole number",
  number: "a number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
  date: "a date",
};
const FORMATS: Record<string, string> = {
  uuid: "an id of the form xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx",
  datetime: "a time such as 2026-01-31T12:00:00Z",
  url: "a URL",
};
const UNITS: Record<string, string> = { string: "characters long", array: "items long" };

/** Says in plain words what is wrong with which field: `title: must be at most 200 characters long`. */
export function explainIssue(issue: Issue, value: unknown): string {
  const field = issue.path.join(".");
  if (issue.code === "unrecognized_keys") return (issue.keys ?? []).map((key) => unknownField(field, key)).join("; ");
  return `${field === "" ? "the body" : field}: ${problemIn(issue, valueAt(value, issue.path))}`;
}

const unknownField = (field: string, key: string): string =>
  `${JSON.stringify(key.slice(0, 80))}: is not a field ${field === "" ? "here" : `of ${field}`}`;

function problemIn(issue: Issue, value: unknown): string {
  switch (issue.code ?? "custom") {
    case "invalid_type":
      return value === undefined ? "is required" : `must be ${KINDS[issue.expected ?? ""] ?? issue.expected}`;
    case "too_small":
      return issue.origin === "string" && issue.minimum === 1
        ? "must not be empty"
        : `must be at least ${limit(issue, issue.minimum)}`;
    case "too_big":
      return `must be at most ${limit(issue, issue.maximum)}`;
    case "invalid_value":
      return `must be ${oneOf(issue.values ?? [])}`;
    default:
      return FORMATS[issue.format ?? ""] === undefined ? own(issue) : `must be ${FORMATS[issue.format ?? ""]}`;
  }
}

const limit = ({ origin = "" }: Issue, bound: number | bigint | undefined): string =>
  UNITS[origin] === undefined ? String(bound) : `${bound} ${UNITS[origin]}`;

function oneOf(values: readonly unknown[]): string {
  const shown = values.map((value) => JSON.stringify(value));
  return shown.length === 1 ? `${shown[0]}` : `one of ${shown.join(", ")}`;
}

/** The schema's own words; zod's general ones say of a pattern only that it is one. */
function own({ message }: Issue): string {
  if (message.startsWith("Invalid string: must match pattern")) return "has not the form it must have";
  return message.charAt(0).toLowerCase() + message.slice(1);
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inside, key) => (typeof inside === "object" && inside !== null ? Reflect.get(inside, key) : undefined),
    value,
  );
}
