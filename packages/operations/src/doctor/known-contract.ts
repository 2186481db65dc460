import { readTextFile } from "@oroboros/host";
import { currentPath, type RuntimeContract } from "@oroboros/slot-contract";
import { contractFile } from "@oroboros/slot-contract/host";
import { contractIn } from "../host/installed-host.ts";
import { contractText } from "../render/render-infra.ts";

/**
 * The contract that the host was installed with, which env files do not carry whole; `claimed` where there is none.
 *
 * @throws OperatorError `invalid_contract`.
 */
export async function knownContract(claimed: RuntimeContract): Promise<RuntimeContract> {
  for (const path of [contractFile(claimed), releasedFile(claimed)]) {
    const text = await readTextFile(path);
    if (text !== undefined) return contractIn(path, text);
  }
  return claimed;
}

/** Whether the release was rendered from this contract. A host whose contract has changed keeps its release until the next deploy. */
export async function isReleased(contract: RuntimeContract): Promise<boolean> {
  return (await releasedText(contract)) === contractText(contract);
}

const releasedText = (contract: RuntimeContract): Promise<string | undefined> => readTextFile(releasedFile(contract));

const releasedFile = (contract: RuntimeContract): string => `${currentPath(contract)}/infra/contract.json`;
