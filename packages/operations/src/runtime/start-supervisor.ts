import { startDaemon } from "@oroboros/host";
import { currentPath, serviceLog } from "@oroboros/slot-contract";
import { installationEnvironment } from "@oroboros/slot-contract/environments";
import { nodeBinary, stepPath } from "./embedded-installation.ts";
import type { UpRequest } from "./up-embedded.ts";

/** Starts the supervisor, which ends with the caller unless the installation is to outlive it. */
export async function startSupervisor({ contract, detached }: UpRequest): Promise<void> {
  const node = [nodeBinary(contract), `${currentPath(contract)}/apps/supervisor.js`];
  await startDaemon({
    argv: detached ? ["setsid", ...node] : ["setpriv", "--pdeathsig", "TERM", ...node],
    cwd: contract.root,
    env: { PATH: stepPath(contract), ...installationEnvironment(contract) },
    logPath: serviceLog(contract, "supervisor"),
  });
}
