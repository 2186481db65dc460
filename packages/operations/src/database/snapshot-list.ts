import { listSnapshots } from "@oroboros/control-store";
import type { Context } from "../context.ts";
import { snapshotReport, type SnapshotReport } from "./snapshot-report.ts";

/** The snapshots that a database can start from, newest first. */
export async function listSnapshotVersions({ store }: Pick<Context, "store">): Promise<SnapshotReport[]> {
  return (await listSnapshots(store)).map(snapshotReport);
}
