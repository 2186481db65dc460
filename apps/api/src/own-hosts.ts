import { apiHost, apiPort, type RuntimeContract } from "@oroboros/slot-contract";

type Addressed = Pick<RuntimeContract, "portOffset" | "domain">;

/** The `Host` of a request that came to the api's own socket. */
export const loopbackHosts = (contract: Addressed): string[] =>
  ["127.0.0.1", "localhost"].map((name) => `${name}:${apiPort(contract)}`);

/** Whether a `Host` is the console's public name, which is reached through the reverse proxy and over https only. */
export const isConsoleHost = (contract: Addressed, host: string): boolean => host === apiHost(contract);

/** The origin of the pages that the api serves under this `Host`; undefined where it is none of its hosts. */
export function ownOrigin(contract: Addressed, host: string): string | undefined {
  if (isConsoleHost(contract, host)) return `https://${host}`;
  return loopbackHosts(contract).includes(host) ? `http://${host}` : undefined;
}
