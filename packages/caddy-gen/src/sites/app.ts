import { appHost, webMainPort, type RuntimeContract } from "@oroboros/slot-contract";
import type { Site } from "../directive.ts";
import { proxiedHost } from "./proxied-host.ts";

/** Production. */
export const appSites = (contract: RuntimeContract): Site[] =>
  proxiedHost(contract, appHost(contract), webMainPort(contract));
