import type { z } from "zod";
import type { Endpoint } from "./api/endpoint.ts";
import { ENDPOINTS, type EndpointName, type Endpoints } from "./api/endpoints.ts";
import { IDEMPOTENCY_KEY_HEADER } from "./api/idempotency-key.ts";
import { problemSchema } from "./api/problem.ts";
import { OperatorError } from "./operator-error.ts";

/** An answer that is no success: the api's problem, or what stood in for one. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  /** The api's stable code; `unexpected_answer` where the answer is not the api's. */
  readonly code: string;
  readonly status: number;
  readonly hint: string;

  constructor(status: number, problem: { code: string; detail: string; hint: string }) {
    super(problem.detail);
    this.status = status;
    this.code = problem.code;
    this.hint = problem.hint;
  }
}

type PathParameters<Path> = Path extends `${string}{${infer Name}}${infer Rest}` ? Name | PathParameters<Rest> : never;
type Parameters<E> = E extends { path: infer Path }
  ? [PathParameters<Path>] extends [never]
    ? object
    : { params: Record<PathParameters<Path>, string> }
  : never;
type Body<E> = E extends { request: infer Request extends z.ZodType }
  ? undefined extends z.input<Request>
    ? { body?: z.input<Request> }
    : { body: z.input<Request> }
  : object;
type Query<E> = E extends { query: infer Schema extends z.ZodType } ? { query?: Partial<z.output<Schema>> } : object;
/** With the same key a request that was answered before is answered again, and carried out once. */
type Repeatable<E> = E extends { takesIdempotencyKey: true } ? { idempotencyKey?: string } : object;
type Call<E> = Parameters<E> & Body<E> & Query<E> & Repeatable<E> & { signal?: AbortSignal };
type Answer<E> = E extends { response: infer Response }
  ? Response extends z.ZodType
    ? z.output<Response>
    : Response extends "text"
      ? string
      : globalThis.Response
  : never;

type Method<E> =
  object extends Call<E> ? (call?: Call<E>) => Promise<Answer<E>> : (call: Call<E>) => Promise<Answer<E>>;

/** One method for each of {@link ENDPOINTS}. */
export type Client = { readonly [Name in EndpointName]: Method<Endpoints[Name]> };

export interface ClientOptions {
  /** The api's origin, as `http://127.0.0.1:8000`. */
  baseUrl: string;
  /** Sent as a bearer token; without one only the endpoints for anybody answer. */
  token?: string;
  fetch: (url: string, init: RequestInit) => Promise<Response>;
}

/**
 * A client of the api, typed by its endpoints. Every method rejects with {@link ApiError} for an answer that is no success,
 * redirects included, which are never followed: a token belongs to the one origin it was given for.
 */
export function createClient(options: ClientOptions): Client {
  const methods = Object.entries<Endpoint>(ENDPOINTS).map(([name, endpoint]) => [
    name,
    (call: AnyCall = {}) => send(options, endpoint, call),
  ]);
  return Object.fromEntries(methods) as Client;
}

interface AnyCall {
  params?: Record<string, string>;
  query?: Record<string, unknown>;
  body?: unknown;
  idempotencyKey?: string;
  signal?: AbortSignal;
}

async function send({ baseUrl, token, fetch }: ClientOptions, endpoint: Endpoint, call: AnyCall): Promise<unknown> {
  const response = await fetch(addressOf(baseUrl, endpoint.path, call), {
    method: endpoint.method,
    redirect: "manual",
    headers: {
      accept: endpoint.response === "event stream" ? "text/event-stream" : "application/json",
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(call.body === undefined ? {} : { "content-type": "application/json" }),
      ...(call.idempotencyKey === undefined ? {} : { [IDEMPOTENCY_KEY_HEADER]: call.idempotencyKey }),
    },
    ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
    ...(call.signal === undefined ? {} : { signal: call.signal }),
  });
  if (!response.ok) throw await problemOf(response);
  if (endpoint.response === "event stream") return response;
  if (endpoint.response === "text") return await response.text();
  const parsed = endpoint.response.safeParse(await jsonOf(response));
  if (!parsed.success) throw unexpected(response.status, `The answer of ${endpoint.path} is not the api's.`);
  return parsed.data;
}

function addressOf(baseUrl: string, path: string, { params = {}, query = {} }: AnyCall): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => segment(name, params[name] ?? ""));
  const search = new URLSearchParams(
    Object.entries(query).flatMap(([name, value]) =>
      (Array.isArray(value) ? value : [value])
        .filter((item: unknown) => item !== undefined)
        .map((item: unknown): [string, string] => [name, String(item)]),
    ),
  ).toString();
  return baseUrl.replace(/\/+$/, "") + filled + (search === "" ? "" : `?${search}`);
}

/** One segment of a path, whatever the text: URL parsers take `..` for a way up even when it is escaped. */
function segment(name: string, value: string): string {
  if (value === "" || value === "." || value === "..") {
    throw new OperatorError("invalid_request", `${JSON.stringify(value)} can not be the ${name} of a request.`, {
      hint: `Give the ${name} of something that the api has listed.`,
    });
  }
  return encodeURIComponent(value);
}

async function problemOf(response: Response): Promise<ApiError> {
  const problem = problemSchema.safeParse(await jsonOf(response));
  if (problem.success) return new ApiError(response.status, problem.data);
  return unexpected(response.status, `The server answered ${response.status} without a problem of the api's.`);
}

async function jsonOf(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    return undefined;
  }
}

function unexpected(status: number, detail: string): ApiError {
  const hint = "See that the address is the api's, and that client and api are of the same version.";
  return new ApiError(status, { code: "unexpected_answer", detail, hint });
}
