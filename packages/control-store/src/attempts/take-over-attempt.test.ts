import { expect, test } from "vitest";
import { commit, LIVE, liveRun, publishingRun, silentFor } from "../../test/live-run.ts";
import { useControlStore } from "../../test/use-control-store.ts";
import { listEvents } from "../events/list-events.ts";
import { findLease } from "../leases/find-lease.ts";
import { holdLease } from "../leases/hold-lease.ts";
import type { Lease } from "../leases/lease-ref.ts";
import { renewLease } from "../leases/renew-lease.ts";
import { beginAttempt } from "./begin-attempt.ts";
import { finishAttempt } from "./finish-attempt.ts";
import { letGo } from "./let-go.ts";
import { listAttempts } from "./list-attempts.ts";
import { requestAttempt } from "./request-attempt.ts";
import { takeOverAttempt } from "./take-over-attempt.ts";

const control = useControlStore();
const { db } = control;
/** Far more than this machine may take between two statements. */
const SILENT_SECONDS = 600;
const SUCCEEDED = { status: "succeeded", live: LIVE } as const;

const takeOver = ({ runId }: Lease): ReturnType<typeof takeOverAttempt> =>
  takeOverAttempt(db, { runId, silentSeconds: SILENT_SECONDS });

/** A second publish at work, and the grant that it works under. */
async function republishingRun(): Promise<Lease> {
  const { runId } = await liveRun(control);
  await requestAttempt(db, { runId, commitSha: commit("2") });
  const begun = await beginAttempt(db, runId);
  return begun!.lease;
}

test("a publish whose worker gives signs of life is not taken over", async () => {
  const lease = await republishingRun();
  expect(await takeOver(lease)).toBeUndefined();
  await silentFor(db, lease.runId, SILENT_SECONDS / 2);
  expect(await takeOver(lease)).toBeUndefined();
  expect(await renewLease(db, lease, 60)).toBe(true);
});

test("a worker that renews once more after its silence keeps its publish", async () => {
  const lease = await republishingRun();
  await silentFor(db, lease.runId, SILENT_SECONDS + 1);
  await renewLease(db, lease, 60);
  expect(await takeOver(lease)).toBeUndefined();
});

test.each([
  ["a first publish", () => publishingRun(control), 1],
  ["a republish", republishingRun, 2],
])("%s whose worker is silent goes on under a new epoch", async (_what, start, attempt) => {
  const lease = await start();
  await silentFor(db, lease.runId, SILENT_SECONDS + 1);
  const taken = await takeOver(lease);
  const leaseEpoch = String(BigInt(lease.leaseEpoch) + 1n);
  expect(taken).toMatchObject({
    attempt: { attempt, status: "running", leaseEpoch },
    lease: { runId: lease.runId, slotId: lease.slotId, leaseEpoch },
  });
  expect((await listAttempts(db, lease.runId)).at(-1)).toMatchObject({ attempt, status: "running", leaseEpoch });
  expect((await listEvents(db, { runId: lease.runId, sinceId: "0", limit: 100 })).at(-1)).toMatchObject({
    eventType: "publish_started",
    detail: { attempt, taken_over: true, lease_epoch: leaseEpoch },
  });
});

test("the worker that was taken over from neither ends the publish nor holds, renews or lets go of the lease", async () => {
  const old = await republishingRun();
  await silentFor(db, old.runId, SILENT_SECONDS + 1);
  const taken = await takeOver(old);
  expect(await finishAttempt(db, { lease: old, attempt: 2, end: SUCCEEDED })).toBe(false);
  expect(await renewLease(db, old, 60)).toBe(false);
  await expect(db.transaction().execute((tx) => holdLease(tx, old))).rejects.toMatchObject({ code: "stale_lease" });
  await letGo(db, old);
  expect(await takeOver(old)).toBeUndefined();
  expect((await listAttempts(db, old.runId)).at(-1)).toMatchObject({ status: "running", live: null });
  expect(await finishAttempt(db, { lease: taken!.lease, attempt: 2, end: SUCCEEDED })).toBe(true);
});

test("one whose lease was let go is taken over at once, and only once", async () => {
  const lease = await republishingRun();
  await letGo(db, lease);
  expect(await takeOver(lease)).toMatchObject({ attempt: { attempt: 2 } });
  expect(await takeOver(lease)).toBeUndefined();
});

test("letting go keeps the run's lease as long as it was", async () => {
  const lease = await republishingRun();
  await letGo(db, lease);
  const { expiresAt, leaseState } = await findLease(db, lease.slotId);
  expect({ expiresAt, leaseState }).toEqual({ expiresAt: lease.expiresAt, leaseState: "held" });
});

test("of eight workers that take over at once one does", async () => {
  const lease = await republishingRun();
  await silentFor(db, lease.runId, SILENT_SECONDS + 1);
  const taken = await Promise.all(Array.from({ length: 8 }, () => takeOver(lease)));
  expect(taken.filter((each) => each !== undefined)).toHaveLength(1);
  expect((await findLease(db, lease.slotId)).leaseEpoch).toBe(String(BigInt(lease.leaseEpoch) + 1n));
});

test("a worker that renews while another one takes over is either kept or refused", async () => {
  const lease = await republishingRun();
  await silentFor(db, lease.runId, SILENT_SECONDS + 1);
  let taking: ReturnType<typeof takeOver> | undefined;
  await db.transaction().execute(async (tx) => {
    expect(await renewLease(tx, lease, 60)).toBe(true);
    taking = takeOver(lease);
    await control.someoneWaits();
  });
  expect(await taking).toBeUndefined();
  expect(await renewLease(db, lease, 60)).toBe(true);
});

test("nothing is taken over where no publish is at work, however silent the lease is", async () => {
  const lease = await liveRun(control);
  await requestAttempt(db, { runId: lease.runId, commitSha: null });
  await letGo(db, lease);
  expect(await takeOver(lease)).toBeUndefined();
  expect((await findLease(db, lease.slotId)).leaseEpoch).toBe(lease.leaseEpoch);
});

test("nothing is taken over once the lease ran out: the run is about to expire", async () => {
  const lease = await republishingRun();
  await silentFor(db, lease.runId, SILENT_SECONDS + 1);
  await control.expireIn(lease.slotId, -1);
  expect(await takeOver(lease)).toBeUndefined();
});
