import * as z from "zod";

/** How long a lease lives without being renewed. */
export const LEASE_TTL_SECONDS = 1_800;
/** How long a preview that waits for a person keeps its slot. */
export const REVIEW_TTL_SECONDS = 72 * 3_600;
/** How long nobody has looked at a preview before it may have to make room for a run that waits. */
export const EVICTION_IDLE_SECONDS = 4 * 3_600;
/** How long after the warning a preview that still nobody looks at is evicted. */
export const EVICTION_GRACE_SECONDS = 900;

const LAST_EPOCH = 2n ** 63n - 1n;

/**
 * The fencing token of a lease: grows by one with every grant, and every effect for the run presents it. PostgreSQL's
 * bigint, kept as a decimal string because a JavaScript number can not hold all of them.
 */
export const leaseEpochSchema = z
  .string()
  .regex(/^(0|[1-9][0-9]{0,18})$/, { abort: true })
  .refine((text) => BigInt(text) <= LAST_EPOCH, `must be at most ${LAST_EPOCH}`)
  .brand<"LeaseEpoch">();
export type LeaseEpoch = z.infer<typeof leaseEpochSchema>;
