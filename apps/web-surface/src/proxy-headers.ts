import type { IncomingMessage } from "node:http";
import type { SlotId } from "@oroboros/slot-contract";
import { withoutConsoleCookies } from "./console-cookies.ts";

const HOP_BY_HOP = new Set([
  "connection",
  "http2-settings",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);
/** Said anew by us: a client's word on where a request came from or where its body ends is not passed on. */
const REWRITTEN = new Set(["content-length", "expect", "forwarded", "host", "x-real-ip"]);

/**
 * A message's raw header list without what concerns only this connection (RFC 9110 section 7.6.1), and without the console's cookies,
 * which are web-main's alone: behind a slot's surface is a branch's code.
 */
export function endToEndHeaders(message: IncomingMessage, slot: SlotId | null): string[] {
  const named = message.headers.connection?.toLowerCase().split(",") ?? [];
  const dropped = new Set([...HOP_BY_HOP, ...named.map((name) => name.trim())]);
  const kept = keepHeaders(message.rawHeaders, (name) => !dropped.has(name));
  return slot === null ? kept : withoutConsoleCookies(kept);
}

/** The headers of the request to the upstream on a port of this host. */
export function upstreamHeaders(
  request: IncomingMessage,
  { slot, port }: { slot: SlotId | null; port: number },
): string[] {
  const kept = keepHeaders(
    endToEndHeaders(request, slot),
    (name) => !REWRITTEN.has(name) && !name.startsWith("x-forwarded-"),
  );
  // The connection serves one request, but `close` would make a backend that answers early cut off its own answer.
  const host = `127.0.0.1:${port}`;
  return ["host", host, "connection", "keep-alive", ...kept, ...forwardedHeaders(request), ...bodyHeaders(request)];
}

function forwardedHeaders({ headers, socket }: IncomingMessage): string[] {
  const forwarded = ["x-forwarded-for", socket.remoteAddress ?? "unknown", "x-forwarded-proto", "http"];
  return headers.host === undefined ? forwarded : [...forwarded, "x-forwarded-host", headers.host];
}

function bodyHeaders({ headers }: IncomingMessage): string[] {
  if (headers["transfer-encoding"] !== undefined) return ["transfer-encoding", "chunked"];
  return headers["content-length"] === undefined ? [] : ["content-length", headers["content-length"]];
}

function keepHeaders(raw: readonly string[], keeps: (lowerCaseName: string) => boolean): string[] {
  return raw.filter((_, index) => keeps((raw[index - (index % 2)] ?? "").toLowerCase()));
}
