import type { FailureCode } from "@oroboros/slot-contract";
import { sql } from "kysely";
import { boundedText } from "../bounded-text.ts";
import type { Lease } from "../leases/lease-ref.ts";
import type { Store } from "../schema.ts";

export type AttemptEnd =
  | { status: "succeeded"; live: Record<string, unknown> }
  | { status: "failed"; reasonCode: FailureCode; message: string }
  | { status: "canceled" };

/** Ends a publish that is at work under this grant of the lease. False where it had ended before, or another worker took it over. */
export async function finishAttempt(
  store: Store,
  { lease, attempt, end }: { lease: Pick<Lease, "runId" | "leaseEpoch">; attempt: number; end: AttemptEnd },
): Promise<boolean> {
  const { numUpdatedRows } = await store
    .updateTable("publish_attempts")
    .set({
      status: end.status,
      live: end.status === "succeeded" ? JSON.stringify(end.live) : null,
      failure_reason_code: end.status === "failed" ? end.reasonCode : null,
      failure_message: end.status === "failed" ? boundedText(end.message) : null,
      finished_at: sql<Date>`clock_timestamp()`,
    })
    .where("run_id", "=", lease.runId)
    .where("attempt", "=", attempt)
    .where("lease_epoch", "=", lease.leaseEpoch)
    .where("status", "=", "running")
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}
