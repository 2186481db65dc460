import { readTextFile } from "@oroboros/host";
import {
  defineContract,
  OperatorError,
  type RuntimeContract,
  type RuntimeContractInput,
} from "@oroboros/slot-contract";
import { contractFile } from "@oroboros/slot-contract/host";

/**
 * The contract that this host was installed with.
 *
 * @throws OperatorError `not_installed`, `invalid_contract`.
 */
export async function installedHostContract(root: Pick<RuntimeContract, "root">): Promise<RuntimeContract> {
  const path = contractFile(root);
  const text = await readTextFile(path);
  if (text !== undefined) return defineContract(JSON.parse(text) as RuntimeContractInput);
  throw new OperatorError("not_installed", `No host is installed here: ${path} does not exist.`, {
    hint: "Install it with: ./scripts/systemd-install-runtime.sh",
  });
}
