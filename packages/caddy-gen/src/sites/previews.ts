import { frontendPort, previewHost, slotIds, type RuntimeContract } from "@oroboros/slot-contract";
import type { Site } from "../directive.ts";
import { proxiedHost } from "./proxied-host.ts";

/** Each slot's surface, which is also the way to its backend. */
export const previewSites = (contract: RuntimeContract): Site[] =>
  slotIds(contract).flatMap((slot) => proxiedHost(contract, previewHost(contract, slot), frontendPort(contract, slot)));
