import * as z from "zod";
import { leaseEpochSchema } from "../lease.ts";
import { WAITING_FOR_SLOT } from "../reason-code.ts";
import { runIdSchema } from "../run-id.ts";
import { RUN_STATES } from "../run-state.ts";

const timestamp = z.iso.datetime();

/** One element of `GET /api/slots`. */
export const slotViewSchema = z.strictObject({
  slot_id: z.string(),
  /** State of the run that holds the slot; `idle` where none does. */
  state: z.enum(["idle", ...RUN_STATES]),
  run_id: runIdSchema.nullable(),
  /** `quarantined`: nobody holds it, and it may still hold some of its last run; it is given to nobody until it is cleaned. */
  lease_state: z.enum(["free", "held", "expired", "quarantined"]),
  lease_epoch: leaseEpochSchema,
  expires_at: timestamp.nullable(),
  heartbeat_at: timestamp.nullable(),
  frontend_url: z.url(),
  backend_url: z.url(),
});
export type SlotView = z.infer<typeof slotViewSchema>;

/** Body of `POST /api/slots/{slot}/release`. */
export const releaseSlotRequestSchema = z.strictObject({
  run_id: runIdSchema.optional(),
  lease_epoch: leaseEpochSchema.optional(),
});

export const releaseSlotResponseSchema = z.strictObject({
  released: z.boolean(),
  slot_id: z.string(),
  run_id: runIdSchema.nullable(),
  reason: z.enum(["released", "already_free", "held_by_other_run", "stale_epoch"]),
});
export type ReleaseSlotResponse = z.infer<typeof releaseSlotResponseSchema>;

/** Body of `POST /api/slots/acquire`. Asking again for a run that holds a slot changes nothing. */
export const acquireSlotRequestSchema = z.strictObject({ run_id: runIdSchema });

/** A full pool is an answer, not an error: `acquired` is false and the position in the queue is given. */
export const acquireSlotResponseSchema = z.strictObject({
  acquired: z.boolean(),
  slot_id: z.string().nullable(),
  queue_reason: z.literal(WAITING_FOR_SLOT).nullable(),
  queue_position: z.int().positive().nullable(),
  lease_epoch: leaseEpochSchema.nullable(),
  expires_at: timestamp.nullable(),
  ttl_seconds: z.int().positive().nullable(),
});
export type AcquireSlotResponse = z.infer<typeof acquireSlotResponseSchema>;

/** Body of `POST /api/slots/{slot}/heartbeat`; a stale `lease_epoch` renews nothing. */
export const heartbeatRequestSchema = z.strictObject({ run_id: runIdSchema, lease_epoch: leaseEpochSchema.optional() });

export const heartbeatResponseSchema = z.strictObject({
  heartbeat_updated: z.boolean(),
  slot_id: z.string(),
  run_id: runIdSchema,
  reason: z.enum(["updated", "held_by_other_run", "stale_epoch", "expired", "free"]),
  /** Null from a slot's own backend, which does not know the lease's end. */
  expires_at: timestamp.nullable(),
});
export type HeartbeatResponse = z.infer<typeof heartbeatResponseSchema>;

/** Body of `POST /api/slots/reap-expired`, which may also be empty. */
export const reapExpiredRequestSchema = z.strictObject({}).optional();
export const reapExpiredResponseSchema = z.strictObject({
  expired_count: z.int().min(0),
  expired_slots: z.array(z.string()),
});

/** Body of `POST /api/slots/{slot}/replace`: this run takes the slot of an idle preview. */
export const replaceSlotRequestSchema = z.strictObject({ run_id: runIdSchema });
export const replaceSlotResponseSchema = z.strictObject({
  replaced: z.boolean(),
  slot_id: z.string(),
  run_id: runIdSchema,
  evicted_run_id: runIdSchema.nullable(),
  /** `already_reserved`: a slot is kept for the run since an earlier request, and it needs no other. */
  reason: z.enum(["replaced", "already_held", "already_reserved", "not_idle", "free"]),
});
export type ReplaceSlotResponse = z.infer<typeof replaceSlotResponseSchema>;
