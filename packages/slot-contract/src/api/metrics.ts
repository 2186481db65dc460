import * as z from "zod";
import { FAILURE_CODES } from "../reason-code.ts";
import { RUN_STATES } from "../run-state.ts";

const duration = z.strictObject({
  count: z.int().min(0),
  p50_ms: z.number().nullable(),
  p95_ms: z.number().nullable(),
});

/** Query of `GET /api/metrics/core`. */
export const coreMetricsQuerySchema = z.strictObject({ window_hours: z.coerce.number().min(1).max(720).default(24) });

/** Answer of `GET /api/metrics/core`, over the last `window_hours`. */
export const coreMetricsSchema = z.strictObject({
  window_hours: z.number().positive(),
  queue_depth: z.int().min(0),
  slots_free: z.int().min(0),
  slots_total: z.int().positive(),
  runs_by_status: z.partialRecord(z.enum(RUN_STATES), z.int().min(0)),
  /** From a run's creation to its first slot. */
  waiting: duration,
  /** From a slot to a proven preview. */
  publishing: duration,
  failure_rate: z
    .number()
    .min(0)
    .max(1)
    .nullable()
    .describe(
      "Of the runs that ended in the window, the share that ended failed: one that was canceled or that expired has ended and has " +
        "not failed. Null where none ended.",
    ),
  failures_by_code: z
    .partialRecord(z.enum(FAILURE_CODES), z.int().min(0))
    .describe(
      "The runs that failed in the window by their reason: VALIDATION_FAILED is a branch, commit or manifest that could not be " +
        "published, mostly before a slot was taken, and POLICY_REJECTED also a person's no; both count in the rate.",
    ),
});
export type CoreMetrics = z.infer<typeof coreMetricsSchema>;
