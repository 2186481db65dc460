import { sql } from "kysely";
import type { Session } from "../session.ts";
import { judgeCluster } from "./judge-cluster.ts";
import { observeCluster } from "./observe-cluster.ts";

/**
 * Puts right, as the superuser in the control database, whatever the doctor would report and somebody need not decide. Says what that
 * was. A foreign database is left as it is.
 */
export async function repairCluster(superuser: Session): Promise<string[]> {
  const found = judgeCluster(await observeCluster(superuser));
  const repaired: string[] = [];
  for (const { message, repair } of found) {
    if (repair === null) continue;
    // One at a time: ALTER SYSTEM runs in no transaction.
    for (const statement of repair.split("; ")) await superuser.run(sql.raw(statement));
    repaired.push(message);
  }
  return repaired;
}
