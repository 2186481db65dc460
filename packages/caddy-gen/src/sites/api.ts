import { apiHost, apiPort, type RuntimeContract } from "@oroboros/slot-contract";
import type { Site } from "../directive.ts";
import { proxiedHost } from "./proxied-host.ts";

/** The control API and the operator's page. */
export const apiSites = (contract: RuntimeContract): Site[] =>
  proxiedHost(contract, apiHost(contract), apiPort(contract));
