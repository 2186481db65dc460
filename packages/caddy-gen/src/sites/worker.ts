import { workerHost, workerPort, type RuntimeContract } from "@oroboros/slot-contract";
import type { Site } from "../directive.ts";
import { proxiedHost } from "./proxied-host.ts";

/** The worker's health, for whoever is on the host: the internet has no business with it. */
export const workerSites = (contract: RuntimeContract): Site[] =>
  proxiedHost({ ...contract, publicTls: false }, workerHost(contract), workerPort(contract));
