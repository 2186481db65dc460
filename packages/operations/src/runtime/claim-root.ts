import {
  entriesOf,
  holdLock,
  isOwnDirectory,
  makeNewDirectory,
  readTextFile,
  removeTree,
  writeFileAtomic,
} from "@oroboros/host";
import { serviceClient } from "@oroboros/host/supervisor-client";
import { OperatorError, supervisorAdminSocket, type RuntimeContract } from "@oroboros/slot-contract";
import { otherOffset } from "./other-offset.ts";
import { readCliEnvironment } from "./write-configuration.ts";

const ROOT_MODE = 0o755;
/** Says that the directory was made for an installation, and whether it is to outlive the command that made it. */
const MARKER = ".oroboros-installation";
const LOCK = ".oroboros-start.lock";

/** An installation's directory that nobody else starts in: empty, or with a stopped installation to go on with. */
export interface ClaimedRoot {
  state: "empty" | "stopped";
  /** Lets others in: once the supervisor answers, or there is nothing left to protect. */
  release(): void;
}

/**
 * Takes an installation's directory for one start, by a lock that dies with its holder. What a killed start left is removed; a
 * complete installation that was to be kept is kept. What is in the directory is judged under the lock: before, it may be half of
 * what another start is making.
 *
 * @throws OperatorError `already_running`; `path_refused` for a directory that is not an installation of this user's.
 */
export async function claimRoot(contract: RuntimeContract, { keep }: { keep: boolean }): Promise<ClaimedRoot> {
  const { root } = contract;
  if (!makeNewDirectory(root, ROOT_MODE) && !mayLock(root)) throw notOurs(root);
  const lock = await holdLock(`${root}/${LOCK}`, `An installation below ${root}`).catch((error: unknown) => {
    throw error instanceof OperatorError ? alreadyRunning(contract) : error;
  });
  try {
    if (!isOursToUse(root)) throw notOurs(root);
    if (await isRunning(contract)) throw alreadyRunning(contract);
    const isKept = (await readTextFile(`${root}/${MARKER}`)) === "kept\n";
    const isComplete = (await readCliEnvironment(contract)) !== undefined;
    if (isKept && isComplete) return { state: "stopped", release: lock.release };
    await removeTree(...pathsBelow(root, [LOCK, MARKER]));
    await writeFileAtomic(`${root}/${MARKER}`, keep ? "kept\n" : "temporary\n");
    return { state: "empty", release: lock.release };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Whether the contract's root is a directory that {@link claimRoot} made for this user, and nothing else may be lost with it. */
export function isInstallation({ root }: RuntimeContract): boolean {
  return root !== "/" && isOwnDirectory(root) && entriesOf(root).includes(MARKER);
}

/** The marker goes last, so that a removal that is killed can be done again; with the lock, which may still be held. */
export async function removeInstallation({ root }: RuntimeContract): Promise<void> {
  await removeTree(...pathsBelow(root, [LOCK, MARKER]));
  await removeTree(root);
}

const pathsBelow = (root: string, except: readonly string[]): string[] =>
  entriesOf(root)
    .filter((name) => !except.includes(name))
    .map((name) => `${root}/${name}`);

const isRunning = (contract: RuntimeContract): Promise<boolean> =>
  serviceClient({ socketPath: supervisorAdminSocket(contract) }).isRunning();

/** A start's first file is its lock, and a removal's last is that or the marker: where neither is, nobody of ours ever was. */
function mayLock(root: string): boolean {
  if (root === "/" || !isOwnDirectory(root)) return false;
  const entries = entriesOf(root);
  return entries.length === 0 || entries.includes(LOCK) || entries.includes(MARKER);
}

/** Besides the lock, a start that was killed may have left a marker that was not yet renamed into its place. */
function isOursToUse(root: string): boolean {
  const entries = entriesOf(root);
  return entries.includes(MARKER) || entries.every((name) => name === LOCK || name.startsWith(`.${MARKER}.`));
}

function notOurs(root: string): OperatorError {
  return new OperatorError("path_refused", `${root} exists and is no installation of this user's.`, {
    hint: "Name another directory with --root, or remove this one yourself.",
  });
}

function alreadyRunning(contract: RuntimeContract): OperatorError {
  return new OperatorError(
    "already_running",
    `An installation is already running or starting below ${contract.root}.`,
    {
      hint: `Use it, take it down with: oroboros runtime down --root ${contract.root}, or start another one with: oroboros runtime up --port-offset ${otherOffset(contract)}`,
    },
  );
}
