import type { DestructiveReport } from "@oroboros/slot-contract";
import { appendEvent } from "../events/append-event.ts";
import type { Lease } from "../leases/lease-ref.ts";
import type { Store } from "../schema.ts";
import { inTransaction } from "../transaction.ts";

/** So many are told with the event; the attempt has them all. */
const TOLD = 20;

/**
 * Notes what a publish's migrations would destroy, and tells it where there is anything to tell. Only for a publish that is at work under
 * this grant of the lease; one that was taken over notes it again, and tells it once.
 */
export async function recordDestructive(
  store: Store,
  { lease, report }: { lease: Pick<Lease, "runId" | "leaseEpoch">; report: DestructiveReport },
): Promise<void> {
  const { runId, leaseEpoch } = lease;
  const { attempt, commit_sha, statements, not_analysed } = report;
  await inTransaction(store, async (tx) => {
    const ours = tx
      .selectFrom("publish_attempts")
      .select("destructive")
      .where("run_id", "=", runId)
      .where("attempt", "=", attempt)
      .where("lease_epoch", "=", leaseEpoch)
      .where("status", "=", "running")
      .forUpdate();
    const before = await ours.executeTakeFirst();
    if (before === undefined) return;
    await tx
      .updateTable("publish_attempts")
      .set({ destructive: JSON.stringify(report) })
      .where("run_id", "=", runId)
      .where("attempt", "=", attempt)
      .execute();
    if (before.destructive !== null || statements.length + not_analysed.length === 0) return;
    const told = statements.slice(0, TOLD).map(({ file, line, kind, object }) => `${file}:${line} ${kind} ${object}`);
    const counts = { statements: statements.length, not_analysed: not_analysed.length };
    await appendEvent(tx, {
      runId,
      eventType: "destructive_statements_found",
      detail: { attempt, commit_sha, ...counts, told },
    });
  });
}
