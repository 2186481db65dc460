import { isOwnDirectory, makeNewDirectory, readTextFile, removeTree, writeFileAtomic } from "@oroboros/host";
import { serviceClient } from "@oroboros/host/supervisor-client";
import { OperatorError, supervisorAdminSocket, type RuntimeContract } from "@oroboros/slot-contract";

const ROOT_MODE = 0o755;
/** Says that the directory was made for an installation, from its first moment on. */
const MARKER = ".oroboros-installation";

/** @throws OperatorError `already_running` where this installation's supervisor answers. */
export async function refuseRunning(contract: RuntimeContract): Promise<void> {
  if (await serviceClient({ socketPath: supervisorAdminSocket(contract) }).isRunning()) throw alreadyRunning(contract);
}

/**
 * Makes the installation's directory, anew where a killed installation left one.
 *
 * @throws OperatorError `path_refused` for a directory that is not ours to remove; `already_running` where another start of the
 *   same installation was faster.
 */
export async function claimRoot(contract: RuntimeContract): Promise<void> {
  const { root } = contract;
  if (makeNewDirectory(root, ROOT_MODE)) return mark(root);
  if (!(await isInstallation(contract))) {
    throw new OperatorError("path_refused", `${root} exists and is no installation of this user's.`, {
      hint: "Name another directory with --root, or remove this one yourself.",
    });
  }
  await removeTree(root);
  if (!makeNewDirectory(root, ROOT_MODE)) throw alreadyRunning(contract);
  await mark(root);
}

const mark = (root: string): Promise<void> => writeFileAtomic(`${root}/${MARKER}`, "Made by oroboros runtime up.\n");

/** Whether the contract's root is a directory that {@link claimRoot} made for this user, and nothing else may be lost with it. */
export async function isInstallation(contract: RuntimeContract): Promise<boolean> {
  if (contract.root === "/" || !isOwnDirectory(contract.root)) return false;
  return (await readTextFile(`${contract.root}/${MARKER}`)) !== undefined;
}

function alreadyRunning(contract: RuntimeContract): OperatorError {
  return new OperatorError("already_running", `An installation is already running below ${contract.root}.`, {
    hint: `Use it, take it down with: oroboros runtime down --root ${contract.root}, or start another one with: --port-offset 1000`,
  });
}
