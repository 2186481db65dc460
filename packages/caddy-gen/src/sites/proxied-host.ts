import { caddyPort, type RuntimeContract } from "@oroboros/slot-contract";
import { directive, type Directive, type Site } from "../directive.ts";

// An upstream that is being restarted refuses connections for a moment: the request waits. No `fail_duration` beside it: with one
// upstream, a failure that is remembered is a failure for everybody (reverse_proxy's passive health checks).
const HOLD = "5s";
const RETRY_EVERY = "50ms";

/** The sites of one host with one upstream on loopback: the local one, and one on 443 where the contract's hosts are public. */
export function proxiedHost(contract: RuntimeContract, host: string, upstream: number): Site[] {
  const local = localHost(contract, host, upstream);
  const everywhere: Site = { address: { scheme: "https", host, port: 443 }, block: proxy(upstream) };
  return contract.publicTls === false ? [local] : [local, everywhere];
}

/** Behind the reverse proxy's own port, for whoever is on the host. */
export function localHost(contract: RuntimeContract, host: string, upstream: number): Site {
  return {
    address: { scheme: "http", host, port: caddyPort(contract) },
    block: [directive("bind", ["127.0.0.1"]), ...proxy(upstream)],
  };
}

/** Host is kept and `X-Forwarded-For`, `-Host` and `-Proto` are Caddy's own: what a client sent of them is dropped (since 2.5). */
function proxy(upstream: number): Directive[] {
  return [
    directive(
      "reverse_proxy",
      [`127.0.0.1:${upstream}`],
      [
        directive("lb_try_duration", [HOLD]),
        directive("lb_try_interval", [RETRY_EVERY]),
        // RFC 7239 says the same as the headers above; a client's own would be believed.
        directive("header_up", ["-Forwarded"]),
      ],
    ),
  ];
}
