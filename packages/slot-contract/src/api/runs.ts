import * as z from "zod";
import { commitShaSchema } from "../commit-sha.ts";
import { leaseEpochSchema } from "../lease.ts";
import { ATTEMPT_STATES } from "../publish-attempt.ts";
import { ENDING_CODES, FAILURE_CODES, WAITING_FOR_SLOT } from "../reason-code.ts";
import { runIdSchema } from "../run-id.ts";
import { RUN_STATES } from "../run-state.ts";
import { artifactViewSchema } from "./artifacts.ts";
import { destructiveReportSchema } from "./destructive-statements.ts";

/** PostgreSQL's text has no NUL. */
const text = z.string().regex(/^[^\0]*$/, "must not contain the character NUL");
const label = text.trim().min(1).max(200);

/**
 * A branch name that is safe to hand to git: what git-check-ref-format(1) allows, less everything that could read as an
 * option, a revision expression or a shell word.
 */
const branchName = z
  .string()
  .max(200)
  .regex(/^(?!-)[A-Za-z0-9][A-Za-z0-9._/-]*$/, "must be a plain branch name")
  .refine((name) => !/\.\.|\/\/|\/\.|\.lock(\/|$)|[./]$/.test(name), "must be a plain branch name");

const MAX_METADATA_BYTES = 16_384;

/** Where in an application a run was asked for; kept with the run for whoever carries it out. */
const runContext = {
  route: text.trim().min(1).max(2_000).optional(),
  page_title: text.trim().min(1).max(500).optional(),
  element_hint: text.trim().min(1).max(2_000).optional(),
  note: text.trim().min(1).max(20_000).optional(),
  metadata: z
    .record(z.string(), z.unknown())
    .refine((metadata) => new TextEncoder().encode(JSON.stringify(metadata)).length <= MAX_METADATA_BYTES, {
      message: `must not be longer than ${MAX_METADATA_BYTES} bytes of JSON`,
    })
    .optional(),
};

/**
 * Body of `POST /api/runs`. With neither branch nor commit, the head of `main` is published; a commit that is named with a branch has to
 * be on it when it is published, or the run fails with `VALIDATION_FAILED`.
 */
export const createRunRequestSchema = z.strictObject({
  title: label,
  prompt: text.max(20_000).default(""),
  branch: branchName.optional(),
  commit_sha: commitShaSchema.optional(),
  created_by: label.optional(),
  ...runContext,
});
export type CreateRunRequest = z.input<typeof createRunRequestSchema>;
/** As it is carried out. */
export type NewRunRequest = z.output<typeof createRunRequestSchema>;

const timestamp = z.iso.datetime();

export const runViewSchema = z.strictObject({
  run_id: runIdSchema,
  title: z.string(),
  prompt: z.string(),
  branch: z.string().nullable(),
  commit_sha: commitShaSchema.nullable(),
  /** A label that the caller gave; `principal` is who was authenticated, null where the system made the run. */
  created_by: z.string().nullable(),
  principal: z.string().nullable(),
  /** The run that this one tries again. */
  parent_run_id: runIdSchema.nullable(),
  route: z.string().nullable(),
  page_title: z.string().nullable(),
  element_hint: z.string().nullable(),
  note: z.string().nullable(),
  metadata: z.record(z.string(), z.unknown()).nullable(),
  status: z.enum(RUN_STATES),
  failure_reason_code: z.enum([...FAILURE_CODES, ...ENDING_CODES]).nullable(),
  failure_message: z.string().nullable(),
  queue_reason: z.literal(WAITING_FOR_SLOT).nullable(),
  queue_position: z.int().positive().nullable(),
  slot_id: z.string().nullable(),
  frontend_url: z.url().nullable(),
  backend_url: z.url().nullable(),
  created_at: timestamp,
  updated_at: timestamp,
});
export type RunView = z.infer<typeof runViewSchema>;

/** Answer of `POST /api/runs/{id}/cancel` and `/expire`. */
export const endedRunSchema = runViewSchema.extend({
  already: z
    .boolean()
    .describe("It had ended so before; the reason shown is the one that it ended for, not this request's."),
});
export type EndedRun = z.infer<typeof endedRunSchema>;

/** One publish of a run. */
export const publishAttemptViewSchema = z.strictObject({
  /** 1 for the run's first publish. */
  attempt: z.int().positive(),
  status: z.enum(ATTEMPT_STATES),
  /** Null until a worker has looked where the branch's head is. */
  commit_sha: commitShaSchema.nullable(),
  failure_reason_code: z.enum(FAILURE_CODES).nullable(),
  failure_message: z.string().nullable(),
  requested_at: timestamp,
  started_at: timestamp.nullable(),
  finished_at: timestamp.nullable(),
});
export type PublishAttemptView = z.infer<typeof publishAttemptViewSchema>;

/** Body of `POST /api/runs/{id}/publish`. Without a commit, the head of the run's branch is published. */
export const publishRunRequestSchema = z.strictObject({ commit_sha: commitShaSchema.optional() });
export type PublishRunRequest = z.input<typeof publishRunRequestSchema>;

/** Answer of `POST /api/runs/{id}/publish`. `already`: the same commit was being published when the request came. */
export const publishRunResponseSchema = publishAttemptViewSchema.extend({ run_id: runIdSchema, already: z.boolean() });
export type PublishRunResponse = z.infer<typeof publishRunResponseSchema>;

/** Answer of `GET /api/runs/{id}`. */
export const runDetailSchema = runViewSchema.extend({
  /** The run's hold on its slot; null where it holds none. */
  lease: z
    .strictObject({ lease_epoch: leaseEpochSchema, expires_at: timestamp, heartbeat_at: timestamp.nullable() })
    .nullable(),
  artifacts: z.array(artifactViewSchema),
  attempts: z.array(publishAttemptViewSchema),
  destructive_statements: destructiveReportSchema
    .nullable()
    .describe("In the migrations of the newest publish that has begun; null until they were looked at."),
});
export type RunDetail = z.infer<typeof runDetailSchema>;

/** Body of a request that says everything by its path: none, or an empty object. */
export const emptyRequestSchema = z.strictObject({});

export const listRunsQuerySchema = z.strictObject({
  status: z.preprocess(
    (value) => (value === undefined || Array.isArray(value) ? value : [value]),
    z.array(z.enum(RUN_STATES)).optional(),
  ),
  /** Only runs that were asked for on exactly this page of the application. */
  route: text.max(2_000).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  offset: z.coerce.number().int().min(0).default(0),
});

export const runListSchema = z.strictObject({
  items: z.array(runViewSchema),
  total: z.int(),
  limit: z.int(),
  offset: z.int(),
});
