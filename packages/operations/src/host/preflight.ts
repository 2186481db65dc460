import { OperatorError, type CommitSha, type RuntimeContract } from "@oroboros/slot-contract";
import { committedHead } from "../release/committed-head.ts";
import { compareInfra, isDrifted } from "../render/compare-infra.ts";
import { driftError } from "../render/drift-error.ts";
import { renderInfra } from "../render/render-infra.ts";
import { missingComponents, missingError, requireSystemd } from "./components.ts";
import type { InstallRequest } from "./install-request.ts";
import { contractPorts, observeListeners, takenError } from "./ports.ts";

/**
 * What has to be so before a host is installed: nothing of it is changed.
 *
 * @returns the commit that the clone stands at.
 * @throws OperatorError `command_refused` for another user than root, `component_missing`, `tree_not_committed`, `files_drifted`,
 *   `port_taken`.
 */
export async function preflight({ contract, checkout, uid }: InstallRequest): Promise<CommitSha> {
  requireRoot(uid);
  requireSystemd();
  const missing = missingError(missingComponents());
  if (missing !== undefined) throw missing;
  const { commit } = await committedHead(checkout);
  const infra = `${checkout}/infra`;
  const drift = await compareInfra(renderInfra(contract), infra);
  if (isDrifted(drift)) throw driftError(drift, infra);
  refuseForeignListeners(contract);
  return commit;
}

/** @throws OperatorError `command_refused`. */
export function requireRoot(uid: number): void {
  if (uid === 0) return;
  throw new OperatorError("command_refused", "A host's services belong to root, and this is another user.", {
    hint: "Type it as root, or start everything below one directory with: oroboros runtime up --trust-branch",
  });
}

/** @throws OperatorError `port_taken`. */
export function refuseForeignListeners(contract: RuntimeContract): void {
  const taken = takenError(observeListeners(contractPorts(contract)));
  if (taken !== undefined) throw taken;
}
