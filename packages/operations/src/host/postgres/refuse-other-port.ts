import { OperatorError, postgresPort } from "@oroboros/slot-contract";
import { requireHostProgram } from "../systemctl.ts";

/** @throws OperatorError `port_taken`, `unit_failed`. */
export async function refuseOtherPort(): Promise<void> {
  const error = otherPortError(await requireHostProgram(["pg_lsclusters", "--no-header"]));
  if (error !== undefined) throw error;
}

/** Of pg_lsclusters' lines, which begin with version, cluster and port: the runtime's cluster has to have PostgreSQL's usual port. */
export function otherPortError(clusters: string): OperatorError | undefined {
  const usual = String(postgresPort());
  const rows = clusters.split("\n").map((line) => line.trim().split(/\s+/));
  const [, , port] = rows.find(([version, cluster]) => version === "15" && cluster === "main") ?? [];
  if (port === undefined || port === usual) return undefined;
  const other = rows.find((row) => row[2] === usual);
  const name = other === undefined ? undefined : `${other[0]} ${other[1]}`;
  const message = `PostgreSQL's cluster 15 main listens on port ${port}, and not on ${usual}${name === undefined ? "" : `, which cluster ${name} has`}.`;
  const moved = (cluster: string, to: string): string =>
    `pg_conftool ${cluster} set port ${to} && pg_ctlcluster ${cluster} restart`;
  const commands = [...(name === undefined ? [] : [moved(name, "5499")]), moved("15 main", usual)];
  return new OperatorError("port_taken", message, { hint: `Put it right with: ${commands.join(" && ")}` });
}
