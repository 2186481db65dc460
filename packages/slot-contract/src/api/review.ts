import * as z from "zod";
import { commitShaSchema } from "../commit-sha.ts";
import { ATTEMPT_STATES } from "../publish-attempt.ts";
import { FAILURE_CODES } from "../reason-code.ts";
import { runIdSchema } from "../run-id.ts";
import { RUN_STATES } from "../run-state.ts";
import { destructiveReportSchema } from "./destructive-statements.ts";

const timestamp = z.iso.datetime();
const text = z
  .string()
  .regex(/^[^\0]*$/, "must not contain the character NUL")
  .trim()
  .min(1)
  .max(2_000);
/** A label; the audit row records who was authenticated. */
const reviewer = text.max(200);

/** Answer of `GET /api/runs/{id}/diff`: the run's commit against where it left `main`. */
export const runDiffSchema = z.strictObject({
  run_id: runIdSchema,
  base_sha: commitShaSchema,
  commit_sha: commitShaSchema,
  /** At most 3,000; `truncated` tells of more. */
  files: z.array(
    z.strictObject({
      path: z.string(),
      status: z.enum(["added", "modified", "deleted", "renamed"]),
      /** Lines; 0 and 0 for what is no text. */
      additions: z.int().min(0),
      deletions: z.int().min(0),
    }),
  ),
  patch: z.string(),
  /** The list of files or the patch stops before its end. */
  truncated: z.boolean(),
});
export type RunDiff = z.infer<typeof runDiffSchema>;

/**
 * Answer of `GET /api/runs/{id}/checks`: the steps of the newest of the run's publishes that has begun, whatever came of it. After one
 * that failed the preview shows an earlier publish's commit, which is `live`'s.
 */
export const runChecksSchema = z.strictObject({
  run_id: runIdSchema,
  attempt: z.int().positive().nullable().describe("The publish that was checked: the newest that has begun."),
  attempt_status: z.enum(ATTEMPT_STATES).nullable(),
  /** Null until a worker has looked where the branch's head is. */
  commit_sha: commitShaSchema
    .nullable()
    .describe("What was checked, which after a failed publish is not what is live."),
  failure_message: z.string().nullable().describe("Why that publish failed, also where it did before its first step."),
  live: z
    .strictObject({ attempt: z.int().positive(), commit_sha: commitShaSchema.nullable() })
    .nullable()
    .describe("The publish that the preview shows; null where there is no preview."),
  items: z.array(
    z.strictObject({
      name: z.string(),
      /** The publish that it was a step of. */
      attempt: z.int().positive(),
      /** `skipped`: nothing it depends on has changed since the publish before, whose result was kept. */
      status: z.enum(["passed", "failed", "skipped"]),
      commit_sha: commitShaSchema,
      duration_ms: z.int().min(0),
      artifact_uri: z.string().nullable(),
      /** Why it failed or was skipped. */
      message: z.string().nullable(),
      finished_at: timestamp,
    }),
  ),
});
export type RunChecks = z.infer<typeof runChecksSchema>;

export const approvalViewSchema = z.strictObject({
  run_id: runIdSchema,
  decision: z.enum(["approved", "rejected", "voided"]),
  /** Exactly what was looked at; a later push voids the approval. */
  commit_sha: commitShaSchema,
  reviewer_id: z.string().nullable(),
  principal: z.string(),
  reason: z.string().nullable(),
  /** Of a rejection. */
  failure_reason_code: z.enum(FAILURE_CODES).nullable(),
  created_at: timestamp,
  destructive_statements: destructiveReportSchema
    .nullable()
    .describe("In the migrations of the commit that was decided on; null where nobody has looked at them."),
});
export type ApprovalView = z.infer<typeof approvalViewSchema>;

/** Answer of `POST /api/runs/{id}/approve` and `/reject`. */
export const decisionSchema = approvalViewSchema.extend({
  already: z.boolean().describe("It had been decided so before; what is shown is that decision, not this request's."),
});
export type DecisionView = z.infer<typeof decisionSchema>;

/** Answer of `GET /api/runs/{id}/approvals`, oldest first. */
export const approvalListSchema = z.strictObject({
  items: z.array(approvalViewSchema),
  destructive_statements: destructiveReportSchema
    .nullable()
    .describe(
      "In the migrations of the commit that an approval would be of now; null where nobody has looked at them.",
    ),
});

/** Body of `POST /api/runs/{id}/approve`. With `commit_sha`, only while that is what is previewed. */
export const approveRunRequestSchema = z.strictObject({
  reviewer_id: reviewer.optional(),
  reason: text.optional(),
  commit_sha: commitShaSchema.optional(),
});

/** Body of `POST /api/runs/{id}/reject`. */
export const rejectRunRequestSchema = z.strictObject({
  reason: text,
  reviewer_id: reviewer.optional(),
  failure_reason_code: z.enum(FAILURE_CODES).default("POLICY_REJECTED"),
});

/** Answer of `GET /api/runs/{id}/preview`. */
export const runPreviewSchema = z.strictObject({
  run_id: runIdSchema,
  status: z.enum(RUN_STATES),
  /** Null where no slot serves a publish of the run. */
  slot_id: z.string().nullable(),
  commit_sha: commitShaSchema.nullable(),
  frontend_url: z.url().nullable(),
  backend_url: z.url().nullable(),
  /** The frontend, at the route that the run was asked for on. */
  preview_url: z.url().nullable(),
  /** When the slot is taken away unless somebody extends it or publishes again. */
  expires_at: timestamp.nullable(),
});
export type RunPreview = z.infer<typeof runPreviewSchema>;
