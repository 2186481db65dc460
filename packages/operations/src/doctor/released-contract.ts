import { readTextFile } from "@oroboros/host";
import { currentPath, defineContract, type RuntimeContract, type RuntimeContractInput } from "@oroboros/slot-contract";
import { contractFile } from "@oroboros/slot-contract/host";

/** The contract that the release was rendered from, which env files do not carry whole; `claimed` where there is none. */
export async function releasedContract(claimed: RuntimeContract): Promise<RuntimeContract> {
  for (const path of [`${currentPath(claimed)}/infra/contract.json`, contractFile(claimed)]) {
    const text = await readTextFile(path);
    if (text !== undefined) return defineContract(JSON.parse(text) as RuntimeContractInput);
  }
  return claimed;
}
