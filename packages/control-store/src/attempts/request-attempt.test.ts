import { RUN_STATES, type RunId } from "@oroboros/slot-contract";
import { expect, test } from "vitest";
import { commit, liveRun, publishingRun } from "../../test/live-run.ts";
import { useControlStore } from "../../test/use-control-store.ts";
import { listEvents } from "../events/list-events.ts";
import { claimSlot } from "../leases/claim-slot.ts";
import { transitionRun } from "../runs/transition-run.ts";
import { beginAttempt } from "./begin-attempt.ts";
import { listAttempts } from "./list-attempts.ts";
import { requestAttempt } from "./request-attempt.ts";

const control = useControlStore();
const { db } = control;

const requests = async (runId: RunId): Promise<unknown[]> =>
  (await listEvents(db, { runId, sinceId: "0", limit: 100 }))
    .filter(({ eventType }) => eventType === "publish_requested")
    .map(({ detail }) => detail);

test("the first request after the first publish is the second attempt, and an event", async () => {
  const { runId } = await liveRun(control);
  const asked = await requestAttempt(db, { runId, commitSha: commit("2") });
  expect(asked).toMatchObject({
    already: false,
    attempt: { runId, attempt: 2, commitSha: commit("2"), status: "requested", slotId: null, leaseEpoch: null },
  });
  expect(await requests(runId)).toEqual([{ attempt: 2, commit_sha: commit("2") }]);
});

test.each([
  ["a commit", commit("2")],
  ["the branch's head", null],
])("asking for %s again while it waits changes nothing", async (_what, commitSha) => {
  const { runId } = await liveRun(control);
  const { attempt } = await requestAttempt(db, { runId, commitSha });
  expect(await requestAttempt(db, { runId, commitSha })).toEqual({ attempt, already: true });
  expect(await requests(runId)).toHaveLength(1);
});

test("a newer request takes the place of the one that waits", async () => {
  const { runId } = await liveRun(control);
  const first = await requestAttempt(db, { runId, commitSha: commit("2") });
  for (const commitSha of [commit("3"), null])
    expect(await requestAttempt(db, { runId, commitSha })).toMatchObject({
      already: false,
      attempt: { attempt: 2, commitSha, status: "requested", requestedAt: first.attempt.requestedAt },
    });
  expect(await listAttempts(db, runId)).toHaveLength(2);
});

test("beside a publish at work one more waits; what is at work is not asked for twice", async () => {
  const { runId } = await liveRun(control);
  await requestAttempt(db, { runId, commitSha: commit("2") });
  await beginAttempt(db, runId);
  expect(await requestAttempt(db, { runId, commitSha: commit("2") })).toMatchObject({
    already: true,
    attempt: { attempt: 2, status: "running" },
  });
  expect(await requestAttempt(db, { runId, commitSha: commit("3") })).toMatchObject({
    already: false,
    attempt: { attempt: 3 },
  });
  expect((await listAttempts(db, runId)).map(({ status }) => status)).toEqual(["succeeded", "running", "requested"]);
});

test("the branch's head is asked for beside a publish of the branch's head: it may have moved", async () => {
  const { runId } = await liveRun(control);
  await requestAttempt(db, { runId, commitSha: null });
  await beginAttempt(db, runId);
  expect(await requestAttempt(db, { runId, commitSha: null })).toMatchObject({
    already: false,
    attempt: { attempt: 3 },
  });
});

test("the live commit can be asked for again once its publish is over", async () => {
  const { runId } = await liveRun(control);
  expect(await requestAttempt(db, { runId, commitSha: commit("1") })).toMatchObject({ already: false });
});

test("ten requests at once for ten commits leave one that waits", async () => {
  const { runId } = await liveRun(control);
  const commits = Array.from({ length: 10 }, (_, index) => commit(String(index)));
  await Promise.all(commits.map((commitSha) => requestAttempt(db, { runId, commitSha })));
  const [, waiting, ...more] = await listAttempts(db, runId);
  expect(more).toEqual([]);
  expect(waiting).toMatchObject({ status: "requested", attempt: 2 });
});

test.each(RUN_STATES.filter((state) => !["preview_ready", "needs_approval", "approved"].includes(state)))(
  "a run that is %s is refused, with the command that publishes it",
  async (status) => {
    const { runId } = await publishingRun(control);
    const ending = status === "failed" ? ({ failure_reason_code: "CHECKS_FAILED" } as const) : {};
    await db
      .updateTable("runs")
      .set({ status, ...ending })
      .where("run_id", "=", runId)
      .execute();
    await expect(requestAttempt(db, { runId, commitSha: null })).rejects.toMatchObject({
      code: "invalid_transition",
      message: expect.stringContaining(status),
      hint: expect.stringContaining("oroboros runs create"),
    });
    expect(await listAttempts(db, runId)).toHaveLength(1);
  },
);

test("a run that was given its slot by request is published for the first time when it is asked for, and only while it holds the slot", async () => {
  const { runId } = await control.queueRun();
  await claimSlot(db, { runId, ttlSeconds: 600 });
  await transitionRun(db, { runId, to: "editing" });
  expect(await requestAttempt(db, { runId, commitSha: commit("1") })).toMatchObject({
    already: false,
    attempt: { attempt: 1, commitSha: commit("1"), status: "requested" },
  });
  expect(await requestAttempt(db, { runId, commitSha: commit("1") })).toMatchObject({ already: true });
  expect(await beginAttempt(db, runId)).toMatchObject({ attempt: { attempt: 1, status: "running" }, lease: { runId } });

  const { runId: lost } = await control.queueRun("lost");
  const claim = await claimSlot(db, { runId: lost, ttlSeconds: 600 });
  if (claim.outcome !== "claimed") throw new Error(`the run is ${claim.outcome}`);
  await control.expireIn(claim.lease.slotId, -1);
  await expect(requestAttempt(db, { runId: lost, commitSha: null })).rejects.toMatchObject({
    code: "invalid_transition",
  });
});

test("a request that meets the run's end is refused with it", async () => {
  const { runId } = await liveRun(control);
  let asking: Promise<unknown> | undefined;
  await db.transaction().execute(async (tx) => {
    await transitionRun(tx, { runId, to: "canceled", reasonCode: "AGENT_CANCELED" });
    asking = expect(requestAttempt(db, { runId, commitSha: null })).rejects.toMatchObject({
      code: "invalid_transition",
    });
    await control.someoneWaits();
  });
  await asking;
  expect(await listAttempts(db, runId)).toHaveLength(1);
});

test("a run that does not exist is named", async () => {
  const runId = "00000000-0000-4000-8000-000000000000" as RunId;
  await expect(requestAttempt(db, { runId, commitSha: null })).rejects.toMatchObject({
    code: "run_not_found",
    message: expect.stringContaining(runId),
  });
});
