import * as z from "zod";

/** Names a request that is sent again when its answer was lost, so that it is carried out once. */
export const IDEMPOTENCY_KEY_HEADER = "Idempotency-Key";
/** `true` in an answer that an earlier request with the same key was given. */
export const IDEMPOTENCY_REPLAYED_HEADER = "Idempotency-Replayed";

/** Any visible ASCII, a UUID say. */
export const idempotencyKeySchema = z
  .string()
  .regex(/^[\x21-\x7e]{1,200}$/, "must be 1 to 200 visible ASCII characters");
