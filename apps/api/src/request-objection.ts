import type { IncomingMessage } from "node:http";
import { OperatorError } from "@oroboros/slot-contract";

/**
 * Why a request is not answered, or undefined. Node's parser lets all of these through, and each of them means something else to the
 * next program that reads it.
 */
export function requestObjection({
  method,
  url = "",
  headers,
  rawHeaders,
}: IncomingMessage): OperatorError | undefined {
  if (method === "TRACE") {
    return new OperatorError("method_not_allowed", "TRACE is not answered here.", { hint: "Use GET." });
  }
  const hosts = rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === "host");
  if (hosts.length !== 1) {
    return new OperatorError("host_refused", `The request has ${hosts.length} Host headers.`, { hint: "Send one." });
  }
  if (!url.startsWith("/") || url.startsWith("//") || url.includes("\\")) {
    return new OperatorError("invalid_request", "The request's target is not a path.", {
      hint: "Send the path alone, starting with one slash, and no backslash in it.",
    });
  }
  if (headers.upgrade !== undefined) {
    return new OperatorError("invalid_request", "The api speaks HTTP/1.1 and upgrades to nothing else.", {
      hint: "Send the request without an Upgrade header; curl does with: --http1.1",
    });
  }
  const coding = headers["transfer-encoding"];
  if (coding !== undefined && coding.toLowerCase() !== "chunked") {
    return new OperatorError("invalid_request", "The only transfer coding here is chunked.", {
      hint: "Send a Content-Length.",
    });
  }
  return undefined;
}
