import type { IncomingMessage } from "node:http";

/**
 * What is wrong with a request that this server must not answer, or undefined. Node's parser lets all of these through, and each
 * of them means something else to the next server that reads it.
 */
export function requestObjection(request: IncomingMessage): string | undefined {
  const url = request.url ?? "";
  if (request.method === "TRACE") return "TRACE is not answered here.";
  if (!url.startsWith("/")) return "The request target must be a path.";
  if (url.startsWith("//") || url.includes("\\")) return "The request target must not look like another host's.";
  if (request.rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === "host").length > 1) {
    return "Send one Host header.";
  }
  const coding = request.headers["transfer-encoding"];
  if (coding !== undefined && coding.toLowerCase() !== "chunked") return "The only transfer coding here is chunked.";
  return undefined;
}
