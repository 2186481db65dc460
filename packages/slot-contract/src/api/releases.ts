import * as z from "zod";
import { commitShaSchema } from "../commit-sha.ts";

const timestamp = z.iso.datetime();

export const releaseViewSchema = z.strictObject({
  /** The full commit id. */
  release_id: commitShaSchema,
  commit_sha: commitShaSchema,
  tree_sha: commitShaSchema,
  state: z.enum(["built", "current", "previous", "retired", "rolled_back"]),
  built_at: timestamp,
  deployed_at: timestamp.nullable(),
});
export type ReleaseView = z.infer<typeof releaseViewSchema>;

/** Answer of `GET /api/releases`, newest first. */
export const releaseListSchema = z.strictObject({ items: z.array(releaseViewSchema) });
/** Body of `POST /api/deploys`. */
export const deployRequestSchema = z.strictObject({ commit_sha: commitShaSchema });
/** Body of `POST /api/releases/{release_id}/rollback`, which may also be empty. */
export const rollbackRequestSchema = z.strictObject({}).optional();
