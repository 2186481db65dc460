import { openAsOwner } from "../sessions.ts";
import type { SlotServer } from "../slot-server.ts";
import type { ClusterFinding } from "./cluster-finding.ts";
import { judgeCluster } from "./judge-cluster.ts";
import type { ServerOrigin } from "./judge-settings.ts";
import { observeCluster } from "./observe-cluster.ts";
import { tryDoors } from "./try-doors.ts";

export type ClusterInspection = Readonly<{
  findings: ClusterFinding[];
  roles: number;
  databases: number;
  functions: number;
}>;

/**
 * Looks at the roles, databases, functions and settings of the whole cluster as the worker, and tries the logins that have to be
 * refused. Changes nothing. Where the server is from, it can not be asked.
 *
 * @throws OperatorError `unreachable`.
 */
export async function inspectCluster(
  server: SlotServer,
  slotPasswordKey: string,
  origin?: ServerOrigin,
): Promise<ClusterInspection> {
  await using control = await openAsOwner(server);
  const facts = await observeCluster(control);
  const findings = [...judgeCluster(facts, origin), ...(await tryDoors(server, facts, slotPasswordKey))];
  const { roles, databases, functions } = facts;
  return { findings, roles: roles.length, databases: databases.length, functions: functions.length };
}
