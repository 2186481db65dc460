import { serviceClient } from "@oroboros/host/supervisor-client";
import { supervisorAdminSocket, type RuntimeContract } from "@oroboros/slot-contract";
import { isInstallation, removeInstallation } from "./claim-root.ts";

/**
 * Stops every process of an embedded installation, PostgreSQL last, and on request removes its directory. Where nothing runs, or
 * nothing is installed, it says so.
 */
export async function downEmbedded({
  contract,
  remove,
}: {
  contract: RuntimeContract;
  remove: boolean;
}): Promise<{ stopped: boolean; removed: boolean }> {
  const stopped = await serviceClient({ socketPath: supervisorAdminSocket(contract) }).shutdown();
  const removed = remove && isInstallation(contract);
  if (removed) await removeInstallation(contract);
  return { stopped, removed };
}
