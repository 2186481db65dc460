import { inspectCluster, type ClusterFinding } from "@oroboros/db-safety";
import { listDirectory } from "@oroboros/host";
import type { Context } from "../context.ts";
import { postgresRuntime } from "../runtime/embedded-installation.ts";

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
export async function checkCluster({ contract, server, slotPasswordKey }: Context): Promise<ClusterReport> {
  // An embedded installation has the programs of its server below its own directory.
  const programs = await listDirectory(postgresRuntime(contract)).catch(() => []);
  const origin = programs.length > 0 ? "embedded" : "packaged";
  const { findings, ...seen } = await inspectCluster(server, slotPasswordKey, origin);
  return {
    ok: findings.every(({ level }) => level === "warning"),
    ...seen,
    findings: findings.map(({ repair: _superusers, ...finding }) => finding),
  };
}
