import { findSnapshot } from "@oroboros/control-store";
import type { Context } from "../context.ts";
import { refuseDropped } from "./snapshot-report.ts";

/** What a version that is taken means for making a snapshot, as a line of a plan. @throws OperatorError `snapshot_exists`. */
export async function planVersion({ store }: Pick<Context, "store">, version: string): Promise<string[]> {
  const existing = await findSnapshot(store, version);
  if (existing === undefined) return [];
  refuseDropped(existing);
  if (existing.completedAt === null) return [`make snapshot ${version} anew, which was left unfinished`];
  return [`snapshot ${version} exists: nothing is changed where the content is the same, and it is refused where not`];
}
