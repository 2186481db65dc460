import { readTextFile } from "@oroboros/host";
import { currentPath, defineContract, type RuntimeContract, type RuntimeContractInput } from "@oroboros/slot-contract";
import { contractFile } from "@oroboros/slot-contract/host";
import { contractText } from "../render/render-infra.ts";

/** The contract that the host was installed with, which env files do not carry whole; `claimed` where there is none. */
export async function knownContract(claimed: RuntimeContract): Promise<RuntimeContract> {
  const text = (await readTextFile(contractFile(claimed))) ?? (await releasedText(claimed));
  return text === undefined ? claimed : defineContract(JSON.parse(text) as RuntimeContractInput);
}

/** Whether the release was rendered from this contract. A host whose contract has changed keeps its release until the next deploy. */
export async function isReleased(contract: RuntimeContract): Promise<boolean> {
  return (await releasedText(contract)) === contractText(contract);
}

const releasedText = (contract: RuntimeContract): Promise<string | undefined> =>
  readTextFile(`${currentPath(contract)}/infra/contract.json`);
