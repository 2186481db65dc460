import * as z from "zod";
import { commitShaSchema } from "../commit-sha.ts";
import { leaseEpochSchema } from "../lease.ts";
import { runIdSchema } from "../run-id.ts";

const timestamp = z.iso.datetime();

export const worktreeViewSchema = z.strictObject({
  slot_id: z.string(),
  /** Whose commit the slot's worktree holds; null where it holds none. */
  run_id: runIdSchema.nullable(),
  path: z.string(),
  commit_sha: commitShaSchema.nullable(),
  created_at: timestamp.nullable(),
});
export type WorktreeView = z.infer<typeof worktreeViewSchema>;
/** Answer of `GET /api/worktrees`. */
export const worktreeListSchema = z.strictObject({ items: z.array(worktreeViewSchema) });
/** Body of `POST /api/worktrees/assign`. */
export const assignWorktreeRequestSchema = z.strictObject({ slot_id: z.string(), run_id: runIdSchema });
/** Answer of an operation that a worker carries out; the api itself never operates the host. */
export const enqueuedSchema = z.strictObject({
  accepted: z.boolean(),
  operation: z.enum(["deploy", "rollback", "assign_worktree", "cleanup_worktree"]),
  /** Null where nothing was accepted, and `reason` says why. */
  job_id: z.string().nullable(),
  reason: z.string().nullable(),
});
export type Enqueued = z.infer<typeof enqueuedSchema>;

/** One element of `GET /api/databases/resets`: where the data of a preview came from. */
export const databaseResetViewSchema = z.strictObject({
  reset_id: z.string(),
  run_id: runIdSchema.nullable(),
  slot_id: z.string(),
  db_name: z.string(),
  strategy: z.enum(["seed", "snapshot"]),
  seed_version: z.string().nullable(),
  snapshot_version: z.string().nullable(),
  reset_status: z.enum(["succeeded", "failed"]),
  lease_epoch: leaseEpochSchema,
  /** Which template it came from, the fingerprint of its content and how long it took, or why it failed. */
  details: z.record(z.string(), z.unknown()),
  created_at: timestamp,
});
export type DatabaseResetView = z.infer<typeof databaseResetViewSchema>;
/** Query of `GET /api/databases/resets`. */
export const listResetsQuerySchema = z.strictObject({
  /** Only this slot's; its id or its alias. */
  slot: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  offset: z.coerce.number().int().min(0).default(0),
});
/** Answer of `GET /api/databases/resets`, newest first. */
export const databaseResetListSchema = z.strictObject({
  items: z.array(databaseResetViewSchema),
  total: z.int(),
  limit: z.int(),
  offset: z.int(),
});
export type DatabaseResetList = z.infer<typeof databaseResetListSchema>;

/** One element of `GET /api/databases/snapshots`: what a preview's database can start from instead of a seed. */
export const databaseSnapshotViewSchema = z.strictObject({
  snapshot_version: z.string(),
  /** A slot, or the host, port and name of another database. */
  source: z.string(),
  size_bytes: z.int(),
  content_fingerprint: z.string(),
  masked: z.boolean(),
  /** The SHA-256 of the script that has masked it; null for one of a slot. */
  masked_by: z.string().nullable(),
  /** Those of the built-in runner that were applied to it; main's others are applied when a database is made from it. */
  migrations: z.array(z.string()),
  created_by: z.string(),
  created_at: timestamp,
});
export type DatabaseSnapshotView = z.infer<typeof databaseSnapshotViewSchema>;
/** Answer of `GET /api/databases/snapshots`, newest first. */
export const databaseSnapshotListSchema = z.strictObject({ items: z.array(databaseSnapshotViewSchema) });
export type DatabaseSnapshotList = z.infer<typeof databaseSnapshotListSchema>;
