import { ERROR_KINDS, OperatorError, problemSchema, type ErrorCode } from "@oroboros/slot-contract";

const REQUEST_TIMEOUT_MS = 30_000;

export interface ApiAddress {
  origin: string;
  token: string;
  fetch: typeof fetch;
}

/** What the contract's schemas are to a reader of answers. */
interface Schema<T> {
  safeParse(value: unknown): { success: true; data: T } | { success: false };
}

/**
 * One request to the api. Redirects are not followed: they would carry the token elsewhere.
 *
 * @throws OperatorError with the api's own code; `unreachable` where the api does not answer or something else does.
 */
export async function requestApi<T>(
  api: ApiAddress,
  method: "GET" | "POST",
  path: string,
  schema: Schema<T>,
  body?: object,
): Promise<T> {
  const { status, value } = await exchange(api, method, path, body);
  const answer = status >= 200 && status < 300 ? schema.safeParse(value) : undefined;
  if (answer?.success) return answer.data;
  throw answer === undefined
    ? problemOf(api, status, value)
    : notTheApi(api, `an answer of another form to ${method} ${path}`);
}

async function exchange(
  api: ApiAddress,
  method: string,
  path: string,
  body?: object,
): Promise<{ status: number; value: unknown }> {
  const headers = {
    accept: "application/json",
    authorization: `Bearer ${api.token}`,
    ...(body === undefined ? {} : { "content-type": "application/json" }),
  };
  const signal = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
  const init: RequestInit = { method, headers, redirect: "manual", signal };
  try {
    const response = await api.fetch(
      api.origin + path,
      body === undefined ? init : { ...init, body: JSON.stringify(body) },
    );
    return { status: response.status, value: parseJson(await response.text()) };
  } catch (cause) {
    throw new OperatorError("unreachable", `The api at ${api.origin} does not answer (${reasonOf(cause)}).`, {
      hint: "Check that the runtime is up and that OROBOROS_API_URL is its address.",
      cause,
    });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function problemOf(api: ApiAddress, status: number, value: unknown): OperatorError {
  const problem = problemSchema.safeParse(value);
  if (!problem.success) return notTheApi(api, `status ${status}`);
  const { code, detail, hint } = problem.data;
  return isErrorCode(code)
    ? new OperatorError(code, detail, { hint })
    : new OperatorError("internal_error", `The api answered ${status} ${code}: ${detail}`, { hint });
}

const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(ERROR_KINDS, code);

function notTheApi(api: ApiAddress, answer: string): OperatorError {
  return new OperatorError("unreachable", `What answers at ${api.origin} is not the api of this version: ${answer}.`, {
    hint: "Check OROBOROS_API_URL, and that the api and this command come from the same release.",
  });
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  const { cause } = error;
  return cause instanceof Error && "code" in cause ? String(cause.code) : error.name;
}
