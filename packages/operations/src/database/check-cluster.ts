import { inspectCluster, type ClusterFinding } from "@oroboros/db-safety";
import type { Context } from "../context.ts";

export interface ClusterReport {
  /** Whether nothing is wrong; there may still be something to know. */
  ok: boolean;
  roles: number;
  databases: number;
  functions: number;
  findings: Pick<ClusterFinding, "level" | "code" | "subject" | "message" | "hint">[];
}

/**
 * Looks for what lets somebody on the PostgreSQL server do more than he should. Changes nothing, and needs no superuser.
 *
 * @throws OperatorError `unreachable`.
 */
export async function checkCluster({ server, slotPasswordKey }: Context): Promise<ClusterReport> {
  const { findings, ...seen } = await inspectCluster(server, slotPasswordKey);
  return {
    ok: findings.every(({ level }) => level === "warning"),
    ...seen,
    findings: findings.map(({ repair: _superusers, ...finding }) => finding),
  };
}
