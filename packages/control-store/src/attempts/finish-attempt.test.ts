import type { LeaseEpoch } from "@oroboros/slot-contract";
import { sql } from "kysely";
import { expect, test } from "vitest";
import { commit, LIVE, liveRun, publishingRun } from "../../test/live-run.ts";
import { useControlStore } from "../../test/use-control-store.ts";
import { transitionRun } from "../runs/transition-run.ts";
import { beginAttempt } from "./begin-attempt.ts";
import { findLiveAttempt } from "./find-live-attempt.ts";
import { finishAttempt, type AttemptEnd } from "./finish-attempt.ts";
import { listAttempts } from "./list-attempts.ts";
import { requestAttempt } from "./request-attempt.ts";

const control = useControlStore();
const { db } = control;

const ENDS: AttemptEnd[] = [
  { status: "succeeded", live: LIVE },
  { status: "failed", reasonCode: "CHECKS_FAILED", message: "no page" },
  { status: "canceled" },
];

test.each(ENDS)("a publish ends once as $status", async (end) => {
  const lease = await publishingRun(control);
  expect(await finishAttempt(db, { lease, attempt: 1, end })).toBe(true);
  for (const other of ENDS) expect(await finishAttempt(db, { lease, attempt: 1, end: other })).toBe(false);
  expect(await listAttempts(db, lease.runId)).toMatchObject([
    {
      status: end.status,
      live: end.status === "succeeded" ? LIVE : null,
      failureReasonCode: end.status === "failed" ? "CHECKS_FAILED" : null,
      failureMessage: end.status === "failed" ? "no page" : null,
      finishedAt: expect.any(Date),
    },
  ]);
});

test("a publish and its run keep the beginning of a reason that is longer than anybody reads", async () => {
  const lease = await publishingRun(control);
  const message = "x".repeat(3_000_000);
  const kept = `${"x".repeat(20_000)}... (3000000 characters in all)`;
  await finishAttempt(db, { lease, attempt: 1, end: { status: "failed", reasonCode: "CHECKS_FAILED", message } });
  expect((await listAttempts(db, lease.runId))[0]?.failureMessage).toBe(kept);
  const run = await transitionRun(db, { runId: lease.runId, to: "failed", reasonCode: "CHECKS_FAILED", message });
  expect(run.failureMessage).toBe(kept);
});

test.each(["-1", "+1"])("a publish is not ended by a grant %s beside its own", async (difference) => {
  const lease = await publishingRun(control);
  const leaseEpoch = String(BigInt(lease.leaseEpoch) + BigInt(difference)) as LeaseEpoch;
  expect(await finishAttempt(db, { lease: { ...lease, leaseEpoch }, attempt: 1, end: ENDS[0]! })).toBe(false);
  expect(await listAttempts(db, lease.runId)).toMatchObject([{ status: "running", live: null, finishedAt: null }]);
});

test("one that waits, and another run's, are not ended", async () => {
  const lease = await liveRun(control);
  const other = await publishingRun(control);
  await requestAttempt(db, { runId: lease.runId, commitSha: null });
  expect(await finishAttempt(db, { lease, attempt: 2, end: ENDS[2]! })).toBe(false);
  await finishAttempt(db, { lease, attempt: 1, end: ENDS[2]! });
  expect(await listAttempts(db, other.runId)).toMatchObject([{ status: "running" }]);
});

test("what is live is what succeeded last", async () => {
  const { runId } = await liveRun(control);
  for (const [index, end] of ENDS.entries()) {
    await requestAttempt(db, { runId, commitSha: commit(String(index)) });
    const { attempt, lease } = (await beginAttempt(db, runId))!;
    await finishAttempt(db, { lease, attempt: attempt.attempt, end });
  }
  expect(await findLiveAttempt(db, runId)).toMatchObject({ attempt: 2, commitSha: commit("0"), live: LIVE });
});

test("a run that ends takes its publishes with it: at work or waiting, and those that ended stay as they are", async () => {
  const { runId } = await liveRun(control);
  const untouched = await liveRun(control);
  await requestAttempt(db, { runId: untouched.runId, commitSha: null });
  await requestAttempt(db, { runId, commitSha: null });
  const { lease } = (await beginAttempt(db, runId))!;
  await requestAttempt(db, { runId, commitSha: commit("3") });
  await transitionRun(db, { runId, to: "canceled", reasonCode: "AGENT_CANCELED" });
  expect(await listAttempts(db, runId)).toMatchObject([
    { status: "succeeded" },
    { status: "canceled", finishedAt: expect.any(Date) },
    { status: "canceled", finishedAt: expect.any(Date) },
  ]);
  expect(await finishAttempt(db, { lease, attempt: 2, end: ENDS[0]! })).toBe(false);
  expect(await beginAttempt(db, runId)).toBeUndefined();
  expect((await listAttempts(db, untouched.runId)).at(-1)?.status).toBe("requested");
});

test("no worker can write two publishes at work, two that wait, or a success without a commit or without what is live", async () => {
  const { runId } = await liveRun(control);
  const insert = (columns: string, values: string): Promise<unknown> =>
    sql`insert into publish_attempts (run_id, attempt, ${sql.raw(columns)})
      values (${runId}, (select max(attempt) + 1 from publish_attempts), ${sql.raw(values)})`.execute(db);
  const running = ["status, slot_id, lease_epoch", "'running', 'preview-1', 1"] as const;
  await insert(...running);
  await insert("status", "'requested'");
  const refusal = (constraint: string): object => ({ constraint });
  await expect(insert(...running)).rejects.toMatchObject(refusal("publish_attempts_one_running"));
  await expect(insert("status", "'requested'")).rejects.toMatchObject(refusal("publish_attempts_one_requested"));
  await expect(insert("status", "'running'")).rejects.toMatchObject(refusal("running_has_a_lease"));
  await expect(insert("status, live", "'succeeded', '{}'")).rejects.toMatchObject(refusal("succeeded_has_a_commit"));
  const sha = `'${commit("1")}'`;
  await expect(insert("status, commit_sha", `'succeeded', ${sha}`)).rejects.toMatchObject(refusal("succeeded_is_live"));
  await expect(insert("status, live", `'failed', '{}'`)).rejects.toMatchObject(refusal("succeeded_is_live"));
});
