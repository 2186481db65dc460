import { OperatorError, type CommitSha, type RuntimeContract } from "@oroboros/slot-contract";
import type { Clock } from "../context.ts";
import { committedHead } from "../release/committed-head.ts";
import { compareInfra, isDrifted } from "../render/compare-infra.ts";
import { driftError } from "../render/drift-error.ts";
import { renderInfra } from "../render/render-infra.ts";
import { sysusersOf } from "./accounts.ts";
import { missingComponents, missingError, requireSystemd } from "./components.ts";
import { refuseForeignAccounts } from "./foreign-accounts.ts";
import { refuseWrongPlaces } from "./host-places.ts";
import { hostTexts } from "./host-texts.ts";
import type { InstallRequest } from "./install-request.ts";
import { installedContractIfAny } from "./installed-host.ts";
import { contractPorts, isUnsure, observeListeners, takenError, type Listener } from "./ports.ts";
import { refuseOtherPort } from "./postgres/refuse-other-port.ts";

/**
 * What has to be so before a host is installed: nothing of it is changed.
 *
 * @returns the commit that the clone stands at.
 * @throws OperatorError `command_refused` for another user than root, `component_missing`, `tree_not_committed`, `files_drifted`,
 *   `unsafe_file`, `uid_taken`, `port_taken`.
 */
export async function preflight({ contract, checkout, uid, clock }: InstallRequest): Promise<CommitSha> {
  requireRoot(uid);
  requireSystemd();
  const missing = missingError(missingComponents());
  if (missing !== undefined) throw missing;
  const { commit } = await committedHead(checkout);
  const infra = `${checkout}/infra`;
  const drift = await compareInfra(renderInfra(contract), infra);
  if (isDrifted(drift)) throw driftError(drift, infra);
  await refuseOtherPort();
  await refuseWrongPlaces(contract);
  await refuseForeignAccounts(sysusersOf(hostTexts(contract)));
  await refuseForeignListeners(contract, clock);
  return commit;
}

/** @throws OperatorError `command_refused`. */
export function requireRoot(uid: number): void {
  if (uid === 0) return;
  throw new OperatorError("command_refused", "A host's services belong to root, and this is another user.", {
    hint: "Type it as root, or start everything below one directory with: oroboros runtime up --trust-branch",
  });
}

const ENDING_MS = 1000;
const INTERVAL_MS = 50;

/** @throws OperatorError `port_taken`. */
export async function refuseForeignListeners(contract: RuntimeContract, clock: Clock): Promise<void> {
  const ports = contractPorts(contract);
  const listeners = await untilSure(() => observeListeners(ports), clock);
  const taken = takenError(listeners, await installedContractIfAny(contract));
  if (taken !== undefined) throw taken;
}

/** A process that is just ending may hold a port for a moment longer than it can be seen. */
export async function untilSure(look: () => Listener[], clock: Clock): Promise<Listener[]> {
  const deadline = clock.now() + ENDING_MS;
  for (;;) {
    const listeners = look();
    if (!isUnsure(listeners) || clock.now() >= deadline) return listeners;
    await clock.sleep(INTERVAL_MS, new AbortController().signal);
  }
}
