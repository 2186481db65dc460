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
  if (text !== undefined) return contractIn(path, text);
  throw new OperatorError("not_installed", `No host is installed here: ${path} does not exist.`, {
    hint: "Install it with: ./scripts/systemd-install-runtime.sh",
  });
}

/**
 * The contract that a file's text is.
 *
 * @throws OperatorError `invalid_contract` that names the file.
 */
export function contractIn(path: string, text: string): RuntimeContract {
  try {
    return defineContract(JSON.parse(text) as RuntimeContractInput);
  } catch (error) {
    const why = error instanceof OperatorError ? error.message : "it is no JSON object.";
    throw new OperatorError("invalid_contract", `${path} is no contract: ${why}`, {
      hint: `Write it anew, with the options that the host was installed with: rm ${path} && ./scripts/systemd-install-runtime.sh`,
      cause: error,
    });
  }
}

/** The same, and undefined where nothing is installed, or nothing that can be read. */
export const installedContractIfAny = (root: Pick<RuntimeContract, "root">): Promise<RuntimeContract | undefined> =>
  installedHostContract(root).catch(() => undefined);
