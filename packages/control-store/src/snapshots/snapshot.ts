import type { Store } from "../schema.ts";

/** A snapshot as it is written down. Its database is named after `snapshotId`. */
export interface StoredSnapshot {
  snapshotId: string;
  version: string;
  sourceKind: "slot" | "url";
  /** A slot, or the host, port and name of a database. */
  source: string;
  /** The SHA-256 of the script that has masked it; null for one of a slot. */
  maskedBy: string | null;
  createdBy: string;
  createdAt: Date;
  contentFingerprint: string | null;
  sizeBytes: string | null;
  /** Those of the runtime's own runner that were applied to it. */
  migrations: string[] | null;
  /** Null while it is being made, and for what a killed process has left. */
  completedAt: Date | null;
  droppedAt: Date | null;
}

export const selectSnapshots = (store: Store) =>
  store
    .selectFrom("db_snapshots")
    .select([
      "snapshot_id as snapshotId",
      "version",
      "source_kind as sourceKind",
      "source",
      "masked_by as maskedBy",
      "created_by as createdBy",
      "created_at as createdAt",
      "content_fingerprint as contentFingerprint",
      "size_bytes as sizeBytes",
      "migrations",
      "completed_at as completedAt",
      "dropped_at as droppedAt",
    ]);

/** A complete one, whether its database was dropped since or not. */
export type CompleteSnapshot = StoredSnapshot & {
  contentFingerprint: string;
  sizeBytes: string;
  migrations: string[];
  completedAt: Date;
};

export const isComplete = (snapshot: StoredSnapshot): snapshot is CompleteSnapshot => snapshot.completedAt !== null;
