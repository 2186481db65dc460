import { holdLock, makeDirectory } from "@oroboros/host";
import type { MainContext } from "@oroboros/service-kit";
import { parseEnvironment, runPath, slotIds, supervisorAdminSocket, supervisorSocket } from "@oroboros/slot-contract";
import { contractOf, supervisorEnvironmentSchema } from "@oroboros/slot-contract/environments";
import { handleWith } from "./http.ts";
import { listenUnix } from "./listen-unix.ts";
import { prepareDirectories } from "./prepare-directories.ts";
import { openPackages } from "./package-cache.ts";
import { packageRoutes } from "./package-routes.ts";
import { claimUsers, processUsers } from "./process-users.ts";
import { readConfig } from "./read-config.ts";
import { adminRoutes, slotRoutes } from "./routes.ts";
import { openServices } from "./services.ts";
import { openSlot } from "./slot.ts";

/** What a slot makes is readable by its directory's group, the worker's, and by nobody else. */
const UMASK = 0o027;

/**
 * Plays systemd's part where there is none: only this process starts others, each under its own user. It answers on two
 * sockets until it is told to stop, and stops everything before it ends.
 *
 * @throws OperatorError `already_running`, `uid_taken`, `not_installed`, `invalid_environment`.
 */
export async function supervise({ environment, log, signal }: MainContext): Promise<void> {
  const contract = contractOf(parseEnvironment("The supervisor", supervisorEnvironmentSchema, environment));
  process.umask(0o022);
  makeDirectory(runPath(contract), { mode: 0o755 });
  const lock = await holdLock(`${runPath(contract)}/supervisor.lock`, `The supervisor of ${contract.root}`);
  const config = await readConfig(contract);
  const users = processUsers(contract);
  await claimUsers(contract, users);
  prepareDirectories(contract, users);
  process.umask(UMASK);
  if (!users.isolated) {
    log.warn(
      { branches_trusted: config.trust_branch },
      "NOT ISOLATED: without root every process, branch code included, runs as one user and can read all of this installation.",
    );
  }
  const open = slotIds(contract).map(
    async (slot) => [slot, await openSlot({ contract, slot, users, config, log, fetch })] as const,
  );
  const slots = new Map(await Promise.all(open));
  const services = openServices({ contract, config, users, log });
  const packages = openPackages({ contract, users, config, log });
  const stopRequested = new AbortController();
  const stopEverything = async (): Promise<void> => {
    await services.stopFrontToBack(["surface", "control"]);
    await Promise.all([packages.stop(), ...[...slots.values()].map((slot) => slot.stop())]);
    await services.stopFrontToBack(["postgres"]);
  };
  const admin = adminRoutes(services, async () => {
    await stopEverything();
    stopRequested.abort();
  });
  const forSlots = [...slotRoutes(contract, slots), ...packageRoutes(packages)];
  await using _slotSocket = await listenUnix(handleWith(forSlots, log), supervisorSocket(contract), {
    mode: 0o660,
    owner: users.isolated ? { uid: 0, gid: users.control.gid } : undefined,
  });
  await using _adminSocket = await listenUnix(
    handleWith([...admin, ...forSlots], log),
    supervisorAdminSocket(contract),
    {
      mode: 0o600,
    },
  );
  log.info({ isolated: users.isolated }, "ready");
  await aborted(AbortSignal.any([signal, stopRequested.signal]));
  log.info({}, "stopping");
  await stopEverything();
  lock.release();
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
