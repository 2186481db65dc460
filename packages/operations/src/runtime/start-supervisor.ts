import { startDaemon } from "@oroboros/host";
import { serviceLog } from "@oroboros/slot-contract";
import { installationEnvironment } from "@oroboros/slot-contract/environments";
import { commandPath, releaseApp, releaseNode } from "@oroboros/slot-contract/host";
import type { UpRequest } from "./up-embedded.ts";

/** Starts the supervisor, which ends with the caller unless the installation is to outlive it. */
export async function startSupervisor({ contract, detached }: UpRequest): Promise<void> {
  const node = [releaseNode(contract), releaseApp(contract, "supervisor")];
  await startDaemon({
    argv: detached ? ["setsid", ...node] : ["setpriv", "--pdeathsig", "TERM", ...node],
    cwd: contract.root,
    env: { PATH: commandPath(contract), ...installationEnvironment(contract) },
    logPath: serviceLog(contract, "supervisor"),
  });
}
