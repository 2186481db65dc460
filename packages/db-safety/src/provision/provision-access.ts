import { CONTROL_DATABASE } from "@oroboros/slot-contract";
import { installAccess } from "../access/install-access.ts";
import { repairCluster } from "../doctor/repair-cluster.ts";
import { openAsSuperuser } from "./superuser-access.ts";

/**
 * The second half of {@link provisionServer}, for which the control database has to have its tables. Puts right what has drifted in
 * the whole cluster, too. Repeating it changes nothing and says so with an empty list.
 *
 * @throws OperatorError `invalid_url` or `unreachable`.
 */
export async function provisionAccess({ superuserUrl }: { superuserUrl: string }): Promise<{ changed: string[] }> {
  await using superuser = await openAsSuperuser(superuserUrl, CONTROL_DATABASE);
  const repaired = await repairCluster(superuser);
  return { changed: [...repaired, ...(await installAccess(superuser))] };
}
