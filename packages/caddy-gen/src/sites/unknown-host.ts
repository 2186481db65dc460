import { caddyPort, type RuntimeContract } from "@oroboros/slot-contract";
import { directive, type Site } from "../directive.ts";

const answer = directive("respond", ["No such host here.", "404"]);

/** Whoever names none of the contract's hosts, an address included: Caddy's own answer would be an empty 200. */
export function unknownHost(contract: RuntimeContract): Site[] {
  const everywhere = (scheme: "http" | "https", port: number): Site => ({
    address: { scheme, host: "", port },
    block: [answer],
  });
  const local: Site = {
    address: { scheme: "http", host: "", port: caddyPort(contract) },
    block: [directive("bind", ["127.0.0.1"]), answer],
  };
  return contract.publicTls === false ? [local] : [local, everywhere("http", 80), everywhere("https", 443)];
}
