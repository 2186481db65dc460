import { holdSnapshot, verifySnapshot } from "@oroboros/db-safety";
import type { Context } from "../context.ts";
import { requireSnapshot } from "./database-choice.ts";
import { planned } from "./planned.ts";
import { snapshotReport, type SnapshotPlan, type SnapshotReport } from "./snapshot-report.ts";

/**
 * Proves that a snapshot holds what it held when it was made, by its comment and by a fingerprint of its whole content.
 *
 * @throws OperatorError `snapshot_changed`, `snapshot_not_found`, `snapshot_in_use`, `disk_full`.
 */
export async function verifySnapshotVersion(
  context: Context,
  { version, dryRun }: { version: string; dryRun: boolean },
): Promise<(SnapshotReport & { verified: true }) | SnapshotPlan> {
  const { server, slotPasswordKey } = context;
  await using holder = await holdSnapshot(server, version, { alone: true });
  const found = await requireSnapshot(context, version);
  const { snapshotId: id, contentFingerprint, source } = found;
  if (dryRun) {
    const plan = [`take the fingerprint of a copy of snapshot ${version}, and compare it with ${contentFingerprint}`];
    return { dry_run: true, snapshot_version: version, source, ...planned([], plan) };
  }
  await verifySnapshot(holder, { server, snapshot: { id, version, contentFingerprint }, slotPasswordKey });
  return { ...snapshotReport(found), verified: true };
}
