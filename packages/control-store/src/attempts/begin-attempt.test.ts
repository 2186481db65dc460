import { expect, test } from "vitest";
import { commit, liveRun } from "../../test/live-run.ts";
import { useControlStore } from "../../test/use-control-store.ts";
import { listEvents } from "../events/list-events.ts";
import { findLease } from "../leases/find-lease.ts";
import { holdLease } from "../leases/hold-lease.ts";
import type { Lease } from "../leases/lease-ref.ts";
import { releaseLease } from "../leases/release-lease.ts";
import { renewLease } from "../leases/renew-lease.ts";
import { beginAttempt } from "./begin-attempt.ts";
import { listAttempts } from "./list-attempts.ts";
import { pinAttempt } from "./pin-attempt.ts";
import { requestAttempt } from "./request-attempt.ts";

const control = useControlStore();
const { db } = control;

async function waitingRun(): Promise<Lease> {
  const lease = await liveRun(control);
  await requestAttempt(db, { runId: lease.runId, commitSha: commit("2") });
  return lease;
}

const lastStatus = async ({ runId }: Lease): Promise<unknown> => (await listAttempts(db, runId)).at(-1)?.status;

test("where nothing waits nothing begins, and the lease stays as it is", async () => {
  const lease = await liveRun(control);
  expect(await beginAttempt(db, lease.runId)).toBeUndefined();
  expect(await renewLease(db, lease, 60)).toBe(true);
});

test("beginning gives the run's lease a new epoch, so that the one before neither renews nor writes", async () => {
  const old = await waitingRun();
  const begun = await beginAttempt(db, old.runId);
  expect(begun).toMatchObject({
    attempt: { attempt: 2, status: "running", leaseEpoch: begun?.lease.leaseEpoch },
    lease: { slotId: old.slotId, runId: old.runId, leaseEpoch: String(BigInt(old.leaseEpoch) + 1n) },
  });
  expect(await renewLease(db, old, 60)).toBe(false);
  expect(await releaseLease(db, old)).toBe(false);
  await expect(db.transaction().execute((tx) => holdLease(tx, old))).rejects.toMatchObject({ code: "stale_lease" });
  await db.transaction().execute((tx) => holdLease(tx, begun!.lease));
  expect(await findLease(db, old.slotId)).toMatchObject({ runId: old.runId, leaseState: "held" });
});

test("beginning keeps how long the run holds its slot", async () => {
  const { runId, slotId } = await waitingRun();
  const before = await findLease(db, slotId);
  const begun = await beginAttempt(db, runId);
  expect(begun?.lease.expiresAt).toEqual(before.expiresAt);
});

test("it is written down: in the attempt and as an event", async () => {
  const { runId, slotId } = await waitingRun();
  const begun = await beginAttempt(db, runId);
  const { leaseEpoch } = begun!.lease;
  const [, row] = await listAttempts(db, runId);
  expect(row).toMatchObject({ status: "running", slotId, leaseEpoch, startedAt: expect.any(Date), finishedAt: null });
  const events = await listEvents(db, { runId, sinceId: "0", limit: 100 });
  expect(events.at(-1)).toMatchObject({
    eventType: "publish_started",
    detail: { attempt: 2, commit_sha: commit("2"), slot_id: slotId, lease_epoch: leaseEpoch },
  });
});

test("while one is at work the next one waits", async () => {
  const { runId } = await waitingRun();
  const begun = await beginAttempt(db, runId);
  await requestAttempt(db, { runId, commitSha: commit("3") });
  expect(await beginAttempt(db, runId)).toBeUndefined();
  expect(await renewLease(db, begun!.lease, 60)).toBe(true);
});

test("without a lease nothing begins: it was released", async () => {
  const lease = await waitingRun();
  await releaseLease(db, lease);
  expect(await beginAttempt(db, lease.runId)).toBeUndefined();
  expect(await lastStatus(lease)).toBe("requested");
});

test("without a lease nothing begins: it ran out and nobody has reaped it yet", async () => {
  const lease = await waitingRun();
  await control.expireIn(lease.slotId, -1);
  expect(await beginAttempt(db, lease.runId)).toBeUndefined();
  expect(await lastStatus(lease)).toBe("requested");
});

test("of eight workers that begin at once one does", async () => {
  const { runId, slotId, leaseEpoch } = await waitingRun();
  const begun = await Promise.all(Array.from({ length: 8 }, () => beginAttempt(db, runId)));
  const [one, ...more] = begun.filter((each) => each !== undefined);
  expect(more).toEqual([]);
  expect(await findLease(db, slotId)).toMatchObject({ leaseEpoch: one?.lease.leaseEpoch });
  expect(BigInt(one!.lease.leaseEpoch)).toBe(BigInt(leaseEpoch) + 1n);
});

test("of two workers that begin while the lease is being looked at one does", async () => {
  const lease = await waitingRun();
  let beginning: ReturnType<typeof beginAttempt>[] = [];
  await db.transaction().execute(async (tx) => {
    await holdLease(tx, lease);
    beginning = [beginAttempt(db, lease.runId), beginAttempt(db, lease.runId)];
    await control.someoneWaits(2);
  });
  expect((await Promise.all(beginning)).filter((each) => each !== undefined)).toHaveLength(1);
});

test("the commit of a publish of the branch's head is fixed once", async () => {
  const lease = await liveRun(control);
  const { attempt } = await requestAttempt(db, { runId: lease.runId, commitSha: null });
  for (const commitSha of [commit("2"), commit("3")])
    await pinAttempt(db, { lease, attempt: attempt.attempt, commitSha });
  expect((await listAttempts(db, lease.runId)).map(({ commitSha }) => commitSha)).toEqual([commit("1"), commit("2")]);
});
