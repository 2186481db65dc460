import type { ServerResponse } from "node:http";
import type { ErrorCode, Problem } from "@oroboros/slot-contract";

const TITLES = {
  400: "Bad Request",
  404: "Not Found",
  405: "Method Not Allowed",
  500: "Internal Server Error",
  501: "Not Implemented",
  502: "Bad Gateway",
  504: "Gateway Timeout",
} as const;

/** Answers with RFC 9457 problem details. */
export function sendProblem(
  response: ServerResponse,
  status: keyof typeof TITLES,
  problem: { code: ErrorCode; detail: string; hint: string },
): void {
  const body: Problem = { type: "about:blank", title: TITLES[status], status, ...problem };
  sendText(response, status, "application/problem+json", JSON.stringify(body));
}

/** Answers with a small text that nobody keeps. */
export function sendText(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, {
    "content-type": type,
    "content-length": Buffer.byteLength(body),
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
  });
  response.end(body);
}
