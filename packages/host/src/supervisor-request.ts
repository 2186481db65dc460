import { type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import {
  ERROR_KINDS,
  LEASE_EPOCH_HEADER,
  OperatorError,
  type ErrorCode,
  type LeaseEpoch,
} from "@oroboros/slot-contract";

export type SupervisorRequest = Readonly<{
  socketPath: string;
  method: "GET" | "POST";
  path: string;
  body?: unknown;
  /** The lease that the request acts under; a smaller epoch than one seen before is refused. */
  leaseEpoch?: LeaseEpoch | undefined;
  signal?: AbortSignal | undefined;
}>;

/**
 * Sends one request to a supervisor's socket and resolves to its answer, not read yet.
 *
 * @throws OperatorError `unreachable` where no supervisor listens, `stale_lease`; otherwise the refusal's own code.
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
  const { socketPath, method, path, signal, leaseEpoch } = spec;
  const headers = leaseEpoch === undefined ? {} : { [LEASE_EPOCH_HEADER]: leaseEpoch };
  return new Promise((resolve, reject) => {
    const options = { socketPath, method, path, headers, agent: false };
    const outgoing = request(signal === undefined ? options : { ...options, signal });
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
