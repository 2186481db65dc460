import { previewHost } from "./host-names.ts";
import { slotDatabase, slotRole } from "./names.ts";
import { backendLog, slotHome, surfaceLink, worktreeLink } from "./paths.ts";
import { backendPort, frontendPort, loopbackUrl } from "./ports.ts";
import { defineContract, type RuntimeContract, type RuntimeContractInput } from "./runtime-contract.ts";
import { slotAlias, slotIds, slotNumber, type SlotId } from "./slot-id.ts";
import { webRoot } from "./static-roots.ts";
import { backendUnit, surfaceUnit } from "./unit-names.ts";

/** Everything that derives from one slot's number. */
export type SlotFacts = Readonly<ReturnType<typeof slotFacts>>;

export type Runtime = RuntimeContract & { readonly slots: readonly SlotFacts[] };

/**
 * What an author of a contract writes: checks it, fills in the documents' defaults, and derives every slot.
 *
 * @throws OperatorError `invalid_contract`, naming every field that is wrong and every rule that is broken.
 */
export function defineRuntime(input: RuntimeContractInput = {}): Runtime {
  const contract = defineContract(input);
  const slots = slotIds(contract).map((slot) => Object.freeze(slotFacts(contract, slot)));
  return Object.freeze({ ...contract, slots: Object.freeze(slots) });
}

function slotFacts(contract: RuntimeContract, slot: SlotId) {
  return {
    id: slot,
    number: slotNumber(slot),
    alias: slotAlias(slot),
    host: previewHost(contract, slot),
    frontendPort: frontendPort(contract, slot),
    backendPort: backendPort(contract, slot),
    frontendUrl: loopbackUrl(frontendPort(contract, slot)),
    backendUrl: loopbackUrl(backendPort(contract, slot)),
    database: slotDatabase(slot),
    role: slotRole(slot),
    surfaceUnit: surfaceUnit(contract, slot),
    backendUnit: backendUnit(contract, slot),
    webRoot: webRoot(contract, slot),
    surface: surfaceLink(contract, slot),
    worktree: worktreeLink(contract, slot),
    home: slotHome(contract, slot),
    log: backendLog(contract, slot),
  };
}
