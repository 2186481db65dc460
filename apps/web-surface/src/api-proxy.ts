import type { ClientRequest, IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { pipeline } from "node:stream/promises";
import type { SlotId } from "@oroboros/slot-contract";
import { connectUpstream } from "./connect-upstream.ts";
import { sendProblem } from "./problem.ts";
import { endToEndHeaders, upstreamHeaders } from "./proxy-headers.ts";

const http = process.getBuiltinModule("node:http");

export type Upstream = Readonly<{
  /** Whose backend it is; null: the api. */
  slot: SlotId | null;
  port: number;
  connectAttempts: number;
  attemptEveryMs: number;
  /** How long the upstream may think after it has the whole request. */
  answerTimeoutMs: number;
}>;

/** Streams a request to the surface's upstream and its answer back, both at the pace of the slower side. */
export async function proxyApi(request: IncomingMessage, response: ServerResponse, upstream: Upstream): Promise<void> {
  if (request.headers.upgrade?.toLowerCase() === "websocket") return sendProblem(response, 501, NO_WEBSOCKETS);
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  const socket = await connectUpstream(upstream, gone.signal);
  if (socket === undefined) return sendUnreachable(response, 502, upstream.slot, "does not accept connections");
  const answer = await exchange(request, openRequest(request, socket, upstream), upstream);
  if (answer === "timed_out") return sendUnreachable(response, 504, upstream.slot, "did not answer in time");
  if (answer === "broken") return sendUnreachable(response, 502, upstream.slot, "broke off before it answered");
  response.writeHead(answer.statusCode ?? 502, endToEndHeaders(answer, upstream.slot));
  response.flushHeaders();
  await pipeline(answer, response);
}

/** Host and port are ours and the path is in origin form: no request can choose another target. */
function openRequest(request: IncomingMessage, socket: Socket, upstream: Upstream): ClientRequest {
  return http.request({
    createConnection: () => socket,
    method: request.method ?? "GET",
    path: request.url ?? "/",
    headers: upstreamHeaders(request, upstream),
  });
}

function exchange(
  request: IncomingMessage,
  outgoing: ClientRequest,
  { answerTimeoutMs }: Upstream,
): Promise<IncomingMessage | "broken" | "timed_out"> {
  return new Promise((resolve) => {
    let patience: NodeJS.Timeout | undefined;
    const startPatience = (): void => {
      patience = setTimeout(() => settle("timed_out"), answerTimeoutMs);
    };
    const settle = (outcome: IncomingMessage | "broken" | "timed_out"): void => {
      outgoing.off("finish", startPatience);
      clearTimeout(patience);
      resolve(outcome);
    };
    outgoing.once("finish", startPatience);
    outgoing.once("response", (answer) => settle(isFinal(answer) ? answer : "broken"));
    outgoing.on("error", () => settle("broken"));
    outgoing.once("close", () => {
      settle("broken");
      // Whatever the client still sends has no taker; unread it would block the answer's connection for ever.
      request.unpipe(outgoing).resume();
    });
    request.pipe(outgoing);
  });
}

/** Node passes on any three digits as a status, but can not send those below 200 as an answer. */
const isFinal = (answer: IncomingMessage): boolean => (answer.statusCode ?? 0) >= 200;

const NO_WEBSOCKETS = {
  code: "invalid_request",
  detail: "This surface does not carry WebSockets.",
  hint: "Use server-sent events or plain requests.",
} as const;

function sendUnreachable(response: ServerResponse, status: 502 | 504, slot: SlotId | null, what: string): void {
  sendProblem(response, status, {
    code: "unreachable",
    detail: `${slot === null ? "The api" : `The backend of ${slot}`} ${what}.`,
    hint: `See its state with: oroboros ${slot === null ? "host health-check" : `backend status --slot ${slot}`}`,
  });
}
