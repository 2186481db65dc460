import {
  finishAttempt,
  moveToCommit,
  requestAttempt,
  transitionRun,
  type Lease,
  type Store,
} from "@oroboros/control-store";
import type { CommitSha, RunId } from "@oroboros/slot-contract";
import { aLiveRun } from "./use-api.ts";

export const commit = (digit: string): CommitSha => digit.repeat(40) as CommitSha;
export const LIVE = commit("1");

/** A run whose preview shows {@link LIVE} and waits for a person. */
export async function aReviewedRun(store: Store, asked: Parameters<typeof aLiveRun>[1] = {}): Promise<Lease> {
  const { lease } = await aLiveRun(store, asked);
  const { runId, slotId, leaseEpoch } = lease;
  const attempt = { run_id: runId, attempt: 1, commit_sha: LIVE, slot_id: slotId, lease_epoch: leaseEpoch };
  await store
    .insertInto("publish_attempts")
    .values({ ...attempt, status: "running", started_at: new Date() })
    .execute();
  await finishAttempt(store, { lease, attempt: 1, end: { status: "succeeded", live: {} } });
  await moveToCommit(store, runId, LIVE);
  for (const to of ["preview_ready", "needs_approval"] as const) await transitionRun(store, { runId, to });
  return lease;
}

/** What a worker does with a publish that was asked for, without the publishing. */
export async function publishedAgain(store: Store, { runId, leaseEpoch }: Lease, commitSha: CommitSha): Promise<void> {
  const { attempt } = await requestAttempt(store, { runId, commitSha });
  await store
    .updateTable("publish_attempts")
    .set({ status: "succeeded", live: "{}", lease_epoch: leaseEpoch, started_at: new Date(), finished_at: new Date() })
    .where("run_id", "=", runId)
    .where("attempt", "=", attempt.attempt)
    .execute();
  await moveToCommit(store, runId, commitSha);
}

export async function statusOf(store: Store, runId: RunId): Promise<string> {
  return (await store.selectFrom("runs").select("status").where("run_id", "=", runId).executeTakeFirstOrThrow()).status;
}
