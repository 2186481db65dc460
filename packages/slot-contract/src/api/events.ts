import * as z from "zod";
import { runIdSchema } from "../run-id.ts";

export const RUN_EVENT_TYPES = [
  "run_created",
  "run_waiting",
  "lease_acquired",
  "lease_released",
  "step_started",
  "step_finished",
  "step_failed",
  "run_transitioned",
  "publish_requested",
  "publish_started",
  "step_reused",
  "publish_succeeded",
  "publish_failed",
  "publish_reverted",
  "lease_expired",
  "lease_extended",
  "slot_cleaned",
  "eviction_warned",
  "run_approved",
  "run_rejected",
  "approval_voided",
  "run_retried",
  "destructive_statements_found",
  "database_locked_out",
] as const;
export type RunEventType = (typeof RUN_EVENT_TYPES)[number];

export const runEventSchema = z.strictObject({
  event_id: z.string(),
  run_id: runIdSchema,
  event_type: z.enum(RUN_EVENT_TYPES),
  detail: z.record(z.string(), z.unknown()),
  created_at: z.iso.datetime(),
});
export type RunEvent = z.infer<typeof runEventSchema>;

export const listEventsQuerySchema = z.strictObject({
  limit: z.coerce.number().int().min(1).max(1000).default(200),
  /** Oldest first, or newest first. */
  order: z.enum(["asc", "desc"]).default("asc"),
  since_id: z
    .string()
    .regex(/^[0-9]{1,18}$/)
    .default("0"),
});

export const eventListSchema = z.strictObject({ items: z.array(runEventSchema) });
