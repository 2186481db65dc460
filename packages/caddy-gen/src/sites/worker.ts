import { workerHost, workerPort, type RuntimeContract } from "@oroboros/slot-contract";
import type { Site } from "../directive.ts";
import { localHost } from "./proxied-host.ts";

/** The worker's health, for whoever is on the host: the internet has no business with it. */
export const workerSites = (contract: RuntimeContract): Site[] => [
  localHost(contract, workerHost(contract), workerPort(contract)),
];
