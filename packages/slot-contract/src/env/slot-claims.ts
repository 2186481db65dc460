import type { z } from "zod";
import { previewHost, previewHostTemplate } from "../host-names.ts";
import { surfaceLink } from "../paths.ts";
import { backendPort, loopbackUrl, slotApiDirectTemplate } from "../ports.ts";
import type { RuntimeContract } from "../runtime-contract.ts";
import { slotIds, type SlotId } from "../slot-id.ts";
import { expandSlotTemplate } from "../slot-template.ts";
import { webRoot, webRootTemplate } from "../static-roots.ts";
import { claimedContract, type InstallationEnvironment } from "./installation.ts";

/** What a variable has to say for every slot, and the template that says it. */
interface Claim {
  own: (contract: RuntimeContract, slot: SlotId) => readonly string[];
  template: (contract: RuntimeContract) => string | undefined;
}

/**
 * Variables that only repeat what the contract derives. They are kept because the documents name them, and they are read as
 * claims: one that gave any slot another slot's port, root or host would be a way out of the slot.
 */
const SLOT_CLAIMS = {
  WORKER_PREVIEW_WEB_ROOT_TEMPLATE: {
    own: (contract, slot) => [webRoot(contract, slot), surfaceLink(contract, slot)],
    template: webRootTemplate,
  },
  WORKER_SLOT_API_DIRECT_TEMPLATE: {
    own: (contract, slot) => [loopbackUrl(backendPort(contract, slot))],
    template: slotApiDirectTemplate,
  },
  WORKER_SLOT_PREVIEW_HOST_TEMPLATE: {
    own: (contract, slot) => [previewHost(contract, slot)],
    template: previewHostTemplate,
  },
} as const satisfies Record<string, Claim>;
type ClaimVariable = keyof typeof SLOT_CLAIMS;
type Claims = { [Name in ClaimVariable]?: string | undefined };

/** Adds one issue for every claim that some slot of the contract contradicts. */
export function checkSlotClaims(
  environment: Partial<InstallationEnvironment> & Claims,
  context: z.RefinementCtx,
): void {
  const contract = claimedContract(environment);
  if (contract === undefined) return;
  for (const [name, claim] of Object.entries<Claim>(SLOT_CLAIMS)) {
    const template = environment[name as ClaimVariable];
    if (typeof template !== "string") continue;
    const wrong = slotIds(contract).find(
      (slot) => !claim.own(contract, slot).includes(expandSlotTemplate(template, slot)),
    );
    if (wrong === undefined) continue;
    const message = `must give every slot its own: ${claim.own(contract, wrong)[0]} for ${wrong}`;
    context.addIssue({ code: "custom", path: [name], message });
  }
}

/** The claims of an environment, those that it leaves out as the contract makes them. */
export function slotClaims(contract: RuntimeContract, environment: Claims) {
  return {
    WORKER_PREVIEW_WEB_ROOT_TEMPLATE: environment.WORKER_PREVIEW_WEB_ROOT_TEMPLATE ?? webRootTemplate(contract),
    WORKER_SLOT_API_DIRECT_TEMPLATE: environment.WORKER_SLOT_API_DIRECT_TEMPLATE ?? slotApiDirectTemplate(contract),
    WORKER_SLOT_PREVIEW_HOST_TEMPLATE: environment.WORKER_SLOT_PREVIEW_HOST_TEMPLATE ?? previewHostTemplate(contract),
  };
}
