import type { GateClock } from "@oroboros/health-probe";
import { portListener, removeTree } from "@oroboros/host";
import { serviceClient } from "@oroboros/host/supervisor-client";
import { OperatorError, supervisorAdminSocket, type RuntimeContract } from "@oroboros/slot-contract";
import { installationPorts } from "./embedded-installation.ts";

const STOP_DEADLINE_MS = 30_000;
const POLL_INTERVAL_MS = 20;

/**
 * Stops every process of an embedded installation, slots first and PostgreSQL last, and on request removes its directory.
 * Where nothing runs it says so.
 */
export async function downEmbedded(request: {
  contract: RuntimeContract;
  remove: boolean;
  clock: GateClock;
}): Promise<{ stopped: boolean; removed: boolean }> {
  const { contract, remove } = request;
  const stopped = await serviceClient({ socketPath: supervisorAdminSocket(contract) }).shutdown();
  if (stopped) await awaitFreePorts(contract, request.clock);
  if (remove) await removeTree(contract.root);
  return { stopped, removed: remove };
}

async function awaitFreePorts(contract: RuntimeContract, clock: GateClock): Promise<void> {
  const deadline = clock.now() + STOP_DEADLINE_MS;
  for (;;) {
    const busy = installationPorts(contract).filter(({ port }) => portListener(port) !== undefined);
    if (busy.length === 0) return;
    if (clock.now() > deadline) {
      throw new OperatorError("not_running", `Still listening after ${STOP_DEADLINE_MS / 1000} s: ${busy.map(({ service }) => service).join(", ")}.`, {
        hint: "Find them with: ss -ltnp",
      });
    }
    await clock.sleep(POLL_INTERVAL_MS, AbortSignal.timeout(STOP_DEADLINE_MS));
  }
}
