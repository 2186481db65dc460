import type { Endpoint } from "../api/endpoint.ts";
import type { EndpointName } from "../api/endpoints.ts";
import { IDEMPOTENCY_KEY_HEADER, idempotencyKeySchema } from "../api/idempotency-key.ts";
import { commitShaSchema } from "../commit-sha.ts";
import type { ErrorCode } from "../operator-error.ts";
import { runIdSchema } from "../run-id.ts";
import { operationCodes } from "./operation-codes.ts";
import { ANSWERS, SUMMARIES } from "./operation-texts.ts";
import type { Operation, Parameter } from "./openapi-document.ts";
import { plainSchema, refOf, type JsonSchema } from "./plain-schema.ts";
import { withoutOptional, type Names } from "./schema-names.ts";

interface Surroundings {
  requests: Names;
  responses: Names;
  statusOf: (code: ErrorCode) => number;
}

const PATH_PARAMETERS: Readonly<Record<string, JsonSchema>> = {
  id: { ...inPlace(runIdSchema), description: "the run's id" },
  slot: { type: "string", description: "preview-<n>, or its alias preview<n>", example: "preview-1" },
  release_id: { ...inPlace(commitShaSchema), description: "the release's full commit id" },
};

export function operationOf(name: EndpointName, endpoint: Endpoint, surroundings: Surroundings): Operation {
  const parameters = [...pathParameters(endpoint), ...queryParameters(endpoint), ...headers(name, endpoint)];
  return {
    operationId: name,
    summary: SUMMARIES[name],
    tags: [endpoint.path.split("/").find((part) => part !== "" && part !== "api") ?? "health"],
    "x-oroboros-role": endpoint.role,
    security: endpoint.role === null ? [] : [{ token: [] }, { session: [] }],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...requestBody(endpoint, surroundings),
    responses: { ...problems(name, endpoint, surroundings), ...answers(name, endpoint, surroundings) },
  };
}

function pathParameters({ path }: Endpoint): Parameter[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => {
    const schema = PATH_PARAMETERS[name ?? ""];
    if (schema === undefined) throw new Error(`${path} has a parameter that is not described`);
    return { name: name ?? "", in: "path", required: true, schema };
  });
}

function queryParameters({ query }: Endpoint): Parameter[] {
  if (query === undefined) return [];
  const { properties = {}, required = [] } = inPlace(query) as {
    properties?: Record<string, JsonSchema>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: "query",
    required: required.includes(name),
    schema,
  }));
}

function headers(name: EndpointName, { takesIdempotencyKey }: Endpoint): Parameter[] {
  if (takesIdempotencyKey) {
    const schema = { ...inPlace(idempotencyKeySchema), description: "what a repeated request is known by" };
    return [{ name: IDEMPOTENCY_KEY_HEADER, in: "header", required: false, schema }];
  }
  if (name !== "streamEvents") return [];
  return [
    { name: "Last-Event-ID", in: "header", required: false, schema: { type: "string", pattern: "^[0-9]{1,18}$" } },
  ];
}

function requestBody({ request }: Endpoint, { requests }: Surroundings): Pick<Operation, "requestBody"> {
  if (request === undefined) return {};
  const schema = refTo(requests, withoutOptional(request));
  const required = !request.safeParse(undefined).success;
  return { requestBody: { required, content: { "application/json": { schema } } } };
}

function answers(name: EndpointName, { response }: Endpoint, { responses }: Surroundings): Operation["responses"] {
  const content =
    response === "text"
      ? { "text/plain": { schema: { type: "string" } } }
      : response === "event stream"
        ? { "text/event-stream": { schema: { type: "string" } } }
        : { "application/json": { schema: refTo(responses, response) } };
  return Object.fromEntries(
    Object.entries(ANSWERS[name] ?? { 200: "Done." }).map(([status, description]) => [
      status,
      { description, ...(status === "204" || status === "304" ? {} : { content }) },
    ]),
  );
}

function problems(name: EndpointName, endpoint: Endpoint, { statusOf }: Surroundings): Operation["responses"] {
  const byStatus = Object.groupBy(operationCodes(name, endpoint), (code) => String(statusOf(code)));
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, codes = []]) => [
      status,
      { description: codes.join(", "), content: { "application/problem+json": { schema: problemWith(codes) } } },
    ]),
  );
}

const problemWith = (codes: readonly ErrorCode[]): JsonSchema => ({
  allOf: [{ $ref: refOf("Problem") }, { type: "object", properties: { code: { type: "string", enum: codes } } }],
});

function refTo(names: Names, schema: Parameters<typeof plainSchema>[0]): JsonSchema {
  const id = names.get(schema)?.id;
  if (id === undefined) throw new Error("every body and answer has a name");
  return { $ref: refOf(id) };
}

function inPlace(schema: Parameters<typeof plainSchema>[0]): JsonSchema {
  const { $schema: _dialect, ...plain } = plainSchema(schema, "input");
  return plain;
}
