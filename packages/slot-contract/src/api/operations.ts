import * as z from "zod";
import { commitShaSchema } from "../commit-sha.ts";
import { leaseEpochSchema } from "../lease.ts";
import { runIdSchema } from "../run-id.ts";

const timestamp = z.iso.datetime();

/** Query of every list that is read page by page. */
export const pageQuerySchema = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  offset: z.coerce.number().int().min(0).default(0),
});

export const worktreeViewSchema = z.strictObject({
  slot_id: z.string(),
  run_id: runIdSchema.nullable(),
  path: z.string(),
  commit_sha: commitShaSchema.nullable(),
  created_at: timestamp.nullable(),
});
/** Answer of `GET /api/worktrees`. */
export const worktreeListSchema = z.strictObject({ items: z.array(worktreeViewSchema) });
/** Body of `POST /api/worktrees/assign`. */
export const assignWorktreeRequestSchema = z.strictObject({ slot_id: z.string(), run_id: runIdSchema });
/** Answer of `POST /api/worktrees/{slot}/cleanup`. */
export const cleanupWorktreeResponseSchema = z.strictObject({
  slot_id: z.string(),
  removed: z.array(z.string()),
});

/** Answer of an operation that a worker carries out; the api itself never operates the host. */
export const enqueuedSchema = z.strictObject({
  accepted: z.boolean(),
  operation: z.enum(["deploy", "rollback", "assign_worktree", "cleanup_worktree"]),
  job_id: z.string(),
  reason: z.string().nullable(),
});

/** One element of `GET /api/databases/resets`: where the data of a preview came from. */
export const databaseResetViewSchema = z.strictObject({
  run_id: runIdSchema.nullable(),
  slot_id: z.string(),
  db_name: z.string(),
  strategy: z.enum(["seed", "snapshot", "empty"]),
  seed_version: z.string().nullable(),
  snapshot_version: z.string().nullable(),
  reset_status: z.enum(["started", "succeeded", "failed"]),
  lease_epoch: leaseEpochSchema.nullable(),
  started_at: timestamp,
  finished_at: timestamp.nullable(),
  /** Template hash, duration and content fingerprint. */
  details: z.record(z.string(), z.unknown()),
});
export const databaseResetListSchema = z.strictObject({ items: z.array(databaseResetViewSchema), total: z.int() });

/** Answer of `GET /api/databases/snapshots`. */
export const databaseSnapshotListSchema = z.strictObject({
  items: z.array(
    z.strictObject({
      snapshot_version: z.string(),
      size_bytes: z.int(),
      content_fingerprint: z.string(),
      masked: z.boolean(),
      created_at: timestamp,
    }),
  ),
});
