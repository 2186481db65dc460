import * as z from "zod";
import { leaseEpochSchema } from "../lease.ts";
import { runIdSchema } from "../run-id.ts";
import { RUN_STATES } from "../run-state.ts";

const timestamp = z.iso.datetime();

/** One element of `GET /api/slots`. */
export const slotViewSchema = z.strictObject({
  slot_id: z.string(),
  /** State of the run that holds the slot; `idle` where none does. */
  state: z.enum(["idle", ...RUN_STATES]),
  run_id: runIdSchema.nullable(),
  lease_state: z.enum(["free", "held", "expired"]),
  lease_epoch: leaseEpochSchema,
  expires_at: timestamp.nullable(),
  heartbeat_at: timestamp.nullable(),
  frontend_url: z.url(),
  backend_url: z.url(),
});
export type SlotView = z.infer<typeof slotViewSchema>;

/** Body of `POST /api/slots/{slot}/release`. */
export const releaseSlotRequestSchema = z.strictObject({ run_id: runIdSchema.optional() });

export const releaseSlotResponseSchema = z.strictObject({
  released: z.boolean(),
  slot_id: z.string(),
  run_id: runIdSchema.nullable(),
  reason: z.enum(["released", "already_free", "held_by_other_run"]),
});
export type ReleaseSlotResponse = z.infer<typeof releaseSlotResponseSchema>;
