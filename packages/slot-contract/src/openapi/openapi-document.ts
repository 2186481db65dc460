import type { Endpoint } from "../api/endpoint.ts";
import { ENDPOINTS, type EndpointName } from "../api/endpoints.ts";
import type { Role } from "../api/roles.ts";
import type { ErrorCode } from "../operator-error.ts";
import { operationOf } from "./operation.ts";
import { componentSchemas, refsIn, type JsonSchema } from "./plain-schema.ts";
import { requestNames, responseNames } from "./schema-names.ts";

export interface Parameter {
  name: string;
  in: "path" | "query" | "header";
  required: boolean;
  schema: JsonSchema;
}

interface Content {
  [mediaType: string]: { schema: JsonSchema; example?: unknown };
}

export interface Operation {
  operationId: string;
  summary: string;
  tags: [string];
  /** Least role; null where anybody may ask. */
  "x-oroboros-role": Role | null;
  security: Record<string, []>[];
  parameters?: Parameter[];
  requestBody?: { required: boolean; content: Content };
  responses: Record<string, { description: string; content?: Content }>;
}

export interface OpenApiDocument {
  openapi: "3.1.0";
  info: { title: string; version: string; description: string };
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, JsonSchema>; securitySchemes: Record<string, JsonSchema> };
}

const DESCRIPTION = [
  "Keys are snake_case. An error is `application/problem+json` with a stable `code`, what happened, and what to do next.",
  "Without a token, a bare loopback request of root or of the host's operators is an operator's.",
].join("\n");

/** The api's description in OpenAPI 3.1, from the endpoints that it serves and their schemas. */
export function openApiDocument(options: {
  version: string;
  /** HTTP status of a refusal. */
  statusOf: (code: ErrorCode) => number;
}): OpenApiDocument {
  const served = Object.entries<Endpoint>(ENDPOINTS).filter(([, { status }]) => status === "served");
  const names = { requests: requestNames(served), responses: responseNames(served) };
  const paths: OpenApiDocument["paths"] = {};
  for (const [name, endpoint] of served) {
    const operation = operationOf(name as EndpointName, endpoint, { ...names, statusOf: options.statusOf });
    paths[endpoint.path] = { ...paths[endpoint.path], [endpoint.method.toLowerCase()]: operation };
  }
  return {
    openapi: "3.1.0",
    info: { title: "Oroboros Runtime", version: options.version, description: DESCRIPTION },
    paths,
    components: {
      schemas: referredTo(paths, {
        ...componentSchemas(names.requests, "input"),
        ...componentSchemas(names.responses, "output"),
      }),
      securitySchemes: {
        token: { type: "http", scheme: "bearer", description: "Made with: oroboros token create" },
        session: {
          type: "apiKey",
          in: "cookie",
          name: "__Host-oroboros_session",
          description: "The operator's page on an https host",
        },
      },
    },
  };
}

/** The schemas that the endpoints use, or that one of those uses. */
function referredTo(paths: OpenApiDocument["paths"], all: Record<string, JsonSchema>): Record<string, JsonSchema> {
  const used = new Set<string>();
  const follow = (within: unknown): void => {
    for (const name of refsIn(within)) {
      if (used.has(name)) continue;
      used.add(name);
      follow(all[name]);
    }
  };
  follow(paths);
  return Object.fromEntries(Object.entries(all).filter(([name]) => used.has(name)));
}
