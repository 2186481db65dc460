import { join } from "node:path";
import { ERROR_KINDS, EXIT_CODES, OperatorError, type ErrorCode } from "@oroboros/slot-contract";
import { expect, test } from "vitest";
import { statusOf } from "../problem.ts";
import { apiDocument } from "./api-document.ts";
import { operationsOf } from "./docs-page.ts";
import { ERROR_MEANINGS } from "./error-meanings.ts";
import { fieldRows, typeText, type Schema } from "./field-rows.ts";

const DOCS = join(import.meta.dirname, "../../../../docs");
const document = await apiDocument();

test("docs/api.md says what the api's description says", async () => {
  await expect(apiPage()).toMatchFileSnapshot(join(DOCS, "api.md"));
});

test("docs/error-codes.md has every code", async () => {
  expect(Object.keys(ERROR_MEANINGS).toSorted()).toEqual(Object.keys(ERROR_KINDS).toSorted());
  await expect(errorPage()).toMatchFileSnapshot(join(DOCS, "error-codes.md"));
});

/** What follows from who asks and from what an endpoint takes. */
const COMMON = [
  "not_authenticated",
  "role_required",
  "rate_limited",
  "host_refused",
  "origin_refused",
  "invalid_request",
  "body_too_large",
  "unsupported_media_type",
  "request_timed_out",
  "being_changed",
  "internal_error",
];

const GENERATED = "scripts/pnpm --filter @oroboros/api test -u";
const code = (text: string | number): string => `\`${text}\``;
const cell = (text: string): string => text.replaceAll("|", "\\|");

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string[] {
  const line = (cells: readonly (string | number)[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line), ""];
}

function apiPage(): string {
  const operations = operationsOf(document);
  const tags = [...new Set(operations.map(({ operation }) => operation.tags[0]))];
  return [
    `<!-- Generated from the endpoints' schemas: ${GENERATED} -->`,
    "# API",
    "",
    "The same as `/openapi.json` and `/docs` of a running api. Keys are snake_case; times are ISO 8601 in UTC. Send a token as",
    "`Authorization: Bearer …`; a role includes the ones before it: `viewer`, `agent`, `operator`. An error is",
    "`application/problem+json` with a [code](error-codes.md). An endpoint's name is the method of `createClient`.",
    "",
    `Besides its own, an endpoint may refuse with ${COMMON.map(code).join(", ")}.`,
    "",
    ...tags.flatMap((tag) => [
      `## ${tag}`,
      "",
      ...operations.filter(({ operation }) => operation.tags[0] === tag).flatMap(endpointSection),
    ]),
    "## Schemas",
    "",
    ...Object.entries(document.components.schemas).flatMap(([name, schema]) => schemaSection(name, schema as Schema)),
  ].join("\n");
}

function endpointSection({ method, path, operation }: ReturnType<typeof operationsOf>[number]): string[] {
  const parameters = operation.parameters ?? [];
  const body = operation.requestBody;
  const bodyType = body && typeText(body.content["application/json"]?.schema as Schema);
  const responses = Object.entries(operation.responses);
  const answers = responses.filter(([, { content }]) => content?.["application/problem+json"] === undefined);
  const refusals = responses.filter(([, { content }]) => content?.["application/problem+json"] !== undefined);
  return [
    `### ${operation.operationId}`,
    "",
    `${code(`${method} ${path}`)} (${operation["x-oroboros-role"] ?? "anybody"}): ${operation.summary}`,
    "",
    ...parameters.map(
      ({ name, in: place, required, schema }) =>
        `- ${code(name)} (${place}${required ? ", required" : ""}): ${code(typeText(schema as Schema))}`,
    ),
    ...(bodyType === undefined
      ? []
      : [`- body: ${linked(bodyType)}${body?.required === true ? "" : ", may be left out"}`]),
    ...answers.map(([status, { description, content }]) =>
      `- ${status}: ${description} ${answerText(content)}`.trimEnd(),
    ),
    ...refusalLine(refusals),
    "",
  ];
}

function refusalLine(refusals: [string, { description: string }][]): string[] {
  const own = refusals.flatMap(([status, { description }]) => {
    const codes = description.split(", ").filter((name) => !COMMON.includes(name));
    return codes.length === 0 ? [] : [`${status} ${codes.map(code).join(", ")}`];
  });
  return own.length === 0 ? [] : [`- refusals: ${own.join("; ")}`];
}

function answerText(content: Record<string, { schema: object }> | undefined): string {
  const [[type, { schema }] = ["", { schema: {} }]] = Object.entries(content ?? {});
  return type === "application/json" ? linked(typeText(schema as Schema)) : type;
}

function schemaSection(name: string, schema: Schema): string[] {
  const rows = fieldRows(schema).map(({ name: field, type, isRequired, notes }) => [
    code(field),
    cell(linked(type)),
    [isRequired ? "" : "optional", notes].filter((note) => note !== "").join(", "),
  ]);
  const content =
    rows.length > 0
      ? table(["field", "type", ""], rows)
      : [schema.type === "object" ? "No field." : linked(typeText(schema)), ""];
  return [`### ${name}`, "", ...content];
}

/** A type's text, with components as links. */
function linked(type: string): string {
  const parts = type.split(/([A-Z]\w+)/).filter((part) => part !== "");
  if (!parts.some((part) => part in document.components.schemas)) return code(type);
  return parts
    .map((part) => (part in document.components.schemas ? `[${part}](#${part.toLowerCase()})` : code(part)))
    .join("");
}

function errorPage(): string {
  const rows = (Object.keys(ERROR_MEANINGS) as ErrorCode[]).map((name) => [
    code(name),
    ERROR_KINDS[name],
    statusOf(new OperatorError(name, "", { hint: "" })),
    EXIT_CODES[ERROR_KINDS[name]],
    cell(ERROR_MEANINGS[name].means),
    cell(ERROR_MEANINGS[name].next),
  ]);
  return [
    `<!-- Generated from apps/api/src/docs/error-meanings.ts: ${GENERATED} -->`,
    "# Error codes",
    "",
    "A code never changes once released. The api answers it as `code` of a problem with the status; a command prints it as",
    "`error.code` and ends with the exit code.",
    "",
    ...table(["code", "kind", "status", "exit", "means", "what to do"], rows),
  ].join("\n");
}
