import type { CompleteSnapshot, StoredSnapshot } from "@oroboros/control-store";
import { OperatorError, SNAPSHOT_VERSION } from "@oroboros/slot-contract";
import type { Planned } from "./planned.ts";

export interface SnapshotReport {
  snapshot_version: string;
  source: string;
  content_fingerprint: string;
  size_bytes: number;
  masked_by: string | null;
  migrations: string[];
  created_by: string;
  created_at: string;
}

export type SnapshotCreated = SnapshotReport & {
  /** False where it was made before, with this very content. */
  created: boolean;
  /** How long the slot's database let nobody in; null for another database than a slot's, which is only read. */
  closed_ms: number | null;
};

export interface SnapshotPlan extends Planned {
  dry_run: true;
  snapshot_version: string;
  source: string;
}

export function snapshotReport(snapshot: CompleteSnapshot): SnapshotReport {
  return {
    snapshot_version: snapshot.version,
    source: snapshot.source,
    content_fingerprint: snapshot.contentFingerprint,
    size_bytes: Number(snapshot.sizeBytes),
    masked_by: snapshot.maskedBy,
    migrations: snapshot.migrations,
    created_by: snapshot.createdBy,
    created_at: snapshot.createdAt.toISOString(),
  };
}

/** @throws OperatorError `invalid_request`. */
export function requireVersion(version: string): void {
  if (SNAPSHOT_VERSION.test(version)) return;
  throw new OperatorError(
    "invalid_request",
    `${JSON.stringify(version.slice(0, 80))} can not be a snapshot's version.`,
    {
      hint: "Give 1 to 64 letters, digits, dots, dashes and underscores, beginning with a letter or digit, such as demo-1.",
    },
  );
}

/** A version that was used up, whatever was asked for. @throws OperatorError `snapshot_exists`. */
export function refuseDropped({ version, droppedAt }: StoredSnapshot): void {
  if (droppedAt === null) return;
  throw new OperatorError("snapshot_exists", `Snapshot ${version} was dropped at ${droppedAt.toISOString()}.`, {
    hint: "Resets that were made from it name that version: give the new one another.",
  });
}

/** @throws OperatorError `snapshot_exists` where the version stands for other content than this. */
export function requireSameContent(existing: CompleteSnapshot, contentFingerprint: string): void {
  if (existing.contentFingerprint === contentFingerprint) return;
  throw new OperatorError(
    "snapshot_exists",
    `Snapshot ${existing.version} exists with other content, taken from ${existing.source}.`,
    { hint: "Give the new one another version; see the snapshots with: oroboros db snapshot list" },
  );
}
