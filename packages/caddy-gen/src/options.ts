import type { RuntimeContract } from "@oroboros/slot-contract";
import { caddySocket } from "@oroboros/slot-contract/host";
import { directive, type Directive } from "./directive.ts";

// How long a reload or a stop waits for streams that have no end, such as a run's events.
const GRACE = "10s";
// Of a client that opens a connection and says nothing.
const READ_HEADER_TIMEOUT = "10s";

/** What holds for the whole server. */
export function options(contract: RuntimeContract): Directive[] {
  return [
    // No port: whoever reaches Caddy's administration can make it serve any file it reads. Its clients send an empty origin.
    directive("admin", [`unix/${caddySocket(contract)}`], [directive("origins", ["localhost", ""])]),
    contract.publicTls === false ? directive("auto_https", ["off"]) : directive("email", [contract.publicTls.email]),
    directive("grace_period", [GRACE]),
    directive("servers", [], [directive("timeouts", [], [directive("read_header", [READ_HEADER_TIMEOUT])])]),
    directive("log", [], [directive("format", ["filter"], [wrapJson, redactedFields])]),
  ];
}

const wrapJson = directive("wrap", ["json"]);
// There is no access log; but an upstream's failure is logged with its request, tokens and all.
const redactedFields = directive(
  "fields",
  [],
  [directive("request>headers", ["delete"]), directive("request>uri", ["regexp", "\\?.*", "?REDACTED"])],
);
