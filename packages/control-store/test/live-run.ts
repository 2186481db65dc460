import type { CommitSha, RunId } from "@oroboros/slot-contract";
import { sql } from "kysely";
import { beginFirstAttempt } from "../src/attempts/begin-attempt.ts";
import { finishAttempt } from "../src/attempts/finish-attempt.ts";
import { claimSlot } from "../src/leases/claim-slot.ts";
import type { Lease } from "../src/leases/lease-ref.ts";
import { transitionRun } from "../src/runs/transition-run.ts";
import type { Store } from "../src/schema.ts";
import type { TestControlStore } from "./use-control-store.ts";

export const LIVE = { what: "is live" };
export const commit = (digit: string): CommitSha => digit.repeat(40) as CommitSha;

/** A run whose first publish is at work, under the lease it works under. */
export async function publishingRun(control: TestControlStore, title?: string): Promise<Lease> {
  const { runId } = await control.queueRun(title);
  const claim = await claimSlot(control.db, { runId, ttlSeconds: 600 });
  if (claim.outcome !== "claimed") throw new Error(`the run is ${claim.outcome}`);
  await beginFirstAttempt(control.db, { lease: claim.lease, commitSha: commit("1") });
  await transitionRun(control.db, { runId, to: "testing" });
  return claim.lease;
}

/** A run whose first publish succeeded and waits for a person. */
export async function liveRun(control: TestControlStore, title?: string): Promise<Lease> {
  const lease = await publishingRun(control, title);
  await finishAttempt(control.db, { lease, attempt: 1, end: { status: "succeeded", live: LIVE } });
  for (const to of ["preview_ready", "needs_approval"] as const)
    await transitionRun(control.db, { runId: lease.runId, to });
  return lease;
}

/** Moves the last sign of a run's worker into the past of the database's clock, instead of waiting for it. */
export async function silentFor(db: Store, runId: RunId, seconds: number): Promise<void> {
  await sql`update slot_leases set heartbeat_at = clock_timestamp() - make_interval(secs => ${seconds})
    where run_id = ${runId}`.execute(db);
}
