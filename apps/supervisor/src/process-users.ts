import { killProcesses, listProcesses, removeOwned, runCommand, type User, workingDirectory } from "@oroboros/host";
import type { Logger } from "@oroboros/service-kit";
import {
  controlUid,
  OperatorError,
  packagesUid,
  postgresUid,
  type RuntimeContract,
  slotIds,
  slotUid,
  surfaceUid,
  type SlotId,
} from "@oroboros/slot-contract";

/** Who each process runs as. */
export type ProcessUsers = Readonly<{
  /** False where we are not root: then everybody is whoever we are. */
  isolated: boolean;
  postgres: User;
  control: User;
  surface: User;
  /** Fetches main's packages for all slots to read, and does nothing else. */
  packages: User;
  slot(slot: SlotId): User;
}>;

const KILL_DEADLINE_MS = 5_000;
/** getent(1): some of the keys were not found, which is what we hope for. */
const NOT_FOUND = 2;

export function processUsers(contract: RuntimeContract): ProcessUsers {
  const self = { uid: process.geteuid?.() ?? -1, gid: process.getegid?.() ?? -1 };
  const isolated = self.uid === 0;
  const user = (uid: number): User => (isolated ? { uid, gid: uid } : self);
  return {
    isolated,
    postgres: user(postgresUid(contract)),
    control: user(controlUid(contract)),
    surface: user(surfaceUid(contract)),
    packages: user(packagesUid(contract)),
    slot: (slot) => user(slotUid(contract, slot)),
  };
}

/**
 * Makes sure that nobody else has our users: a slot's user is killed and its files removed without asking further.
 *
 * @throws OperatorError `uid_taken` where an account has one of the uids, or a process that is not ours runs under it.
 */
export async function claimUsers(contract: RuntimeContract, users: ProcessUsers): Promise<void> {
  if (!users.isolated) return;
  const { postgres, control, surface, packages } = users;
  const uids = [postgres, control, surface, packages, ...slotIds(contract).map(users.slot)].map(({ uid }) => uid);
  const accounts = await runCommand({
    argv: ["getent", "passwd", ...uids.map(String)],
    cwd: "/",
    env: { PATH: "/usr/bin:/bin" },
    timeoutMs: KILL_DEADLINE_MS,
  });
  if (accounts.exitCode !== NOT_FOUND || accounts.stdout !== "")
    throw uidTaken(contract, `the account ${accounts.stdout.trim()}`);
  // What a supervisor that was killed left behind works below our root.
  const isOurs = (pid: number): boolean => workingDirectory(pid)?.startsWith(`${contract.root}/`) === true;
  await killProcesses(({ uid, pid }) => uids.includes(uid) && isOurs(pid), KILL_DEADLINE_MS);
  const foreign = listProcesses().find(({ uid }) => uids.includes(uid));
  if (foreign !== undefined) throw uidTaken(contract, `process ${foreign.pid} (${foreign.command})`);
}

/**
 * Removes what a user left in the directories that everybody shares, once all its processes have ended. Without a user of its own
 * nobody's files can be told apart, and nothing is removed. A failure is logged: it is no reason not to stop.
 */
export async function removeLeftovers(
  { uid }: User,
  { users, log }: { users: ProcessUsers; log: Logger },
): Promise<void> {
  if (!users.isolated) return;
  try {
    await removeOwned(uid);
  } catch (err) {
    log.warn({ err, uid }, "files that this user left in the shared temporary directories could not be removed");
  }
}

function uidTaken({ portOffset }: RuntimeContract, holder: string): OperatorError {
  return new OperatorError("uid_taken", `A user of this installation is taken by ${holder}.`, {
    hint: `Choose other ports, and with them other users, with a --port-offset that is not ${portOffset}.`,
  });
}
