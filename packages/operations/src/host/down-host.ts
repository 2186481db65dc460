import { targetUnit } from "@oroboros/slot-contract/host";
import { requireSystemd } from "./components.ts";
import { installedHostContract } from "./installed-host.ts";
import { requireRoot } from "./preflight.ts";
import { systemctl } from "./systemctl.ts";
import { startedUnits } from "./unit-names.ts";
import type { HostRequest } from "./up-host.ts";

export interface DownHostReport {
  target: string;
  /** Units that ran, or that systemd listened for. */
  stopped: string[];
}

/**
 * Stops what the runtime has on this host, previews included; its data, and Debian's PostgreSQL and Redis, stay as they are. Where nothing
 * runs nothing is done.
 *
 * @throws OperatorError `command_refused`, `component_missing`, `not_installed`, `unit_failed`.
 */
export async function downHost({ root, uid, onStage }: HostRequest): Promise<DownHostReport> {
  requireRoot(uid);
  requireSystemd();
  const contract = await installedHostContract({ root });
  const stopped = await startedUnits(contract);
  if (stopped.length > 0) {
    onStage(`stopping ${stopped.length} units`);
    // In one transaction, so that no socket starts a service again that has just been stopped.
    await systemctl("stop", ...stopped);
  }
  return { target: targetUnit(contract), stopped };
}
