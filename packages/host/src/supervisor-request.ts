import { type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import { ERROR_KINDS, OperatorError, type ErrorCode } from "@oroboros/slot-contract";

export type SupervisorRequest = Readonly<{
  socketPath: string;
  method: "GET" | "POST";
  path: string;
  body?: unknown;
  signal?: AbortSignal | undefined;
}>;

/**
 * Sends one request to a supervisor's socket and resolves to its answer, not read yet.
 *
 * @throws OperatorError `unreachable` where no supervisor listens; otherwise the refusal's own code.
 */
export async function sendToSupervisor(spec: SupervisorRequest): Promise<IncomingMessage> {
  const response = await send(spec);
  if (response.statusCode === 200) return response;
  throw toOperatorError(spec, await text(response));
}

export async function supervisorJson(spec: SupervisorRequest): Promise<unknown> {
  return JSON.parse(await text(await sendToSupervisor(spec)));
}

function send(spec: SupervisorRequest): Promise<IncomingMessage> {
  const { socketPath, method, path, signal } = spec;
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath, method, path, agent: false, ...(signal === undefined ? {} : { signal }) });
    outgoing.once("response", resolve);
    outgoing.once("error", (cause) =>
      reject(signal?.aborted === true ? signal.reason : unreachable(socketPath, cause)),
    );
    outgoing.end(spec.body === undefined ? undefined : JSON.stringify(spec.body));
  });
}

function unreachable(socketPath: string, cause: Error): OperatorError {
  return new OperatorError("unreachable", `The supervisor does not answer on ${socketPath}: ${cause.message}.`, {
    hint: "Start the runtime with: oroboros runtime up",
    cause,
  });
}

function toOperatorError(spec: SupervisorRequest, body: string): Error {
  const problem: unknown = JSON.parse(body);
  if (!isProblem(problem)) return new Error(`the supervisor answered ${spec.path} with ${body.slice(0, 200)}`);
  return new OperatorError(problem.code, problem.message, { hint: problem.hint });
}

function isProblem(value: unknown): value is { code: ErrorCode; message: string; hint: string } {
  return typeof value === "object" && value !== null && "code" in value && String(value.code) in ERROR_KINDS;
}
