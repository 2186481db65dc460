import type { CompleteSnapshot, RecordedReset, SlotWorktree } from "@oroboros/control-store";
import {
  worktreeLink,
  type DatabaseResetView,
  type DatabaseSnapshotView,
  type RuntimeContract,
  type WorktreeView,
} from "@oroboros/slot-contract";

export function worktreeView(contract: RuntimeContract, worktree: SlotWorktree): WorktreeView {
  return {
    slot_id: worktree.slotId,
    run_id: worktree.runId,
    path: worktree.path ?? worktreeLink(contract, worktree.slotId),
    commit_sha: worktree.commitSha,
    created_at: worktree.boundAt?.toISOString() ?? null,
  };
}

export function resetView(reset: RecordedReset): DatabaseResetView {
  return {
    reset_id: reset.resetId,
    run_id: reset.runId,
    slot_id: reset.slotId,
    db_name: reset.dbName,
    strategy: reset.strategy,
    seed_version: reset.seedVersion,
    snapshot_version: reset.snapshotVersion,
    reset_status: reset.resetStatus,
    lease_epoch: reset.leaseEpoch,
    details: reset.details,
    created_at: reset.createdAt.toISOString(),
  };
}

export function snapshotView(snapshot: CompleteSnapshot): DatabaseSnapshotView {
  return {
    snapshot_version: snapshot.version,
    source: snapshot.source,
    size_bytes: Number(snapshot.sizeBytes),
    content_fingerprint: snapshot.contentFingerprint,
    masked: snapshot.maskedBy !== null,
    masked_by: snapshot.maskedBy,
    migrations: snapshot.migrations,
    created_by: snapshot.createdBy,
    created_at: snapshot.createdAt.toISOString(),
  };
}
