import type { RuntimeContract } from "./runtime-contract.ts";
import { slotAlias, slotIds, type SlotId } from "./slot-id.ts";

type Domain = Pick<RuntimeContract, "domain">;
type PreviewDomain = Pick<RuntimeContract, "previewDomain">;

export const appHost = (contract: Domain): string => `app.${contract.domain}`;
export const apiHost = (contract: Domain): string => `api.${contract.domain}`;
export const workerHost = (contract: Domain): string => `worker.${contract.domain}`;
export const previewHost = (contract: PreviewDomain, slot: SlotId): string =>
  `${slotAlias(slot)}.${contract.previewDomain}`;

/** {@link previewHost} of every slot, as a template of the documents' kind. */
export const previewHostTemplate = (contract: PreviewDomain): string => `preview{slot}.${contract.previewDomain}`;

/** Every host the reverse proxy routes. */
export const allHosts = (contract: RuntimeContract): string[] => [
  appHost(contract),
  apiHost(contract),
  workerHost(contract),
  ...slotIds(contract).map((slot) => previewHost(contract, slot)),
];
