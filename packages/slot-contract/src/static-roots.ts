import { currentPath } from "./paths.ts";
import type { RuntimeContract } from "./runtime-contract.ts";
import { slotNumber, type SlotId } from "./slot-id.ts";

type Root = Pick<RuntimeContract, "root">;

/** The documents' static root of a slot; inside a release it is a link to the slot's surface. */
export const webRoot = (contract: Root, slot: SlotId): string =>
  `${currentPath(contract)}/infra/web-preview-${slotNumber(slot)}`;

/** {@link webRoot} of every slot, as a template of the documents' kind. */
export const webRootTemplate = (contract: Root): string => `${currentPath(contract)}/infra/web-preview-{slot}`;

export const webMainRoot = (contract: Root): string => `${currentPath(contract)}/infra/web-main`;
export const scriptsPath = (contract: Root): string => `${currentPath(contract)}/scripts`;
