import type { CommitSha } from "@oroboros/slot-contract";
import { expect, test } from "vitest";
import { useControlStore } from "../../test/use-control-store.ts";
import { listEvents } from "../events/list-events.ts";
import { asActor } from "../transaction.ts";
import { createRun } from "./create-run.ts";
import { findRun } from "./find-run.ts";
import { listRuns } from "./list-runs.ts";
import { pinCommit } from "./pin-commit.ts";
import { transitionRun } from "./transition-run.ts";

const control = useControlStore({ slotCount: 1 });
const { db } = control;
const sha = (digit: string): CommitSha => digit.repeat(40) as CommitSha;

test("a new run is queued behind the others, and says so in its first event", async () => {
  await control.queueRun();
  const request = { title: "t", prompt: "p", branch: null, commitSha: sha("a"), createdBy: null };
  const run = await createRun(db, request);
  expect(run).toMatchObject({ ...request, status: "queued", queuePosition: 2, slotId: null, failureReasonCode: null });
  expect(await findRun(db, run.runId)).toEqual(run);
  const events = await listEvents(db, { runId: run.runId, sinceId: "0", limit: 10 });
  expect(events).toMatchObject([{ eventType: "run_created", detail: { branch: null, commit_sha: sha("a") } }]);
});

test("a page is newest first and counts what is on the other pages", async () => {
  for (const title of ["one", "two", "three", "four", "five"]) await control.queueRun(title);
  const page = await listRuns(db, { limit: 2, offset: 1 });
  expect(page.items.map(({ title }) => title)).toEqual(["four", "three"]);
  expect(page.total).toBe(5);
  expect(await listRuns(db, { limit: 2, offset: 5 })).toEqual({ items: [], total: 5 });
});

test("a filter keeps and counts the runs of its states only", async () => {
  const [first, second] = [await control.queueRun("one"), await control.queueRun("two")];
  await control.queueRun("three");
  await transitionRun(db, { runId: first.runId, to: "canceled", reasonCode: "AGENT_CANCELED" });
  await transitionRun(db, { runId: second.runId, to: "testing" });
  const { items, total } = await listRuns(db, { statuses: ["canceled", "testing"], limit: 1, offset: 0 });
  expect(items.map(({ title }) => title)).toEqual(["two"]);
  expect(total).toBe(2);
});

test("a run keeps where it was asked for, and is found by that page", async () => {
  const asked = { title: "t", prompt: "p", branch: "main", commitSha: null, createdBy: null };
  const context = {
    route: "/items",
    pageTitle: "Items",
    elementHint: "#save",
    note: "the left one",
    metadata: { nested: { list: [1, null, "x"] } },
  };
  const { runId } = await createRun(db, { ...asked, ...context });
  await createRun(db, { ...asked, route: "/items/1" });
  expect(await findRun(db, runId)).toMatchObject({ ...context, principal: null, parentRunId: null });
  const { items, total } = await listRuns(db, { route: "/items", limit: 10, offset: 0 });
  expect([items.map((run) => run.runId), total]).toEqual([[runId], 1]);
});

test("a run names who was authenticated when it was asked for", async () => {
  const asked = { title: "t", prompt: "p", branch: "main", commitSha: null, createdBy: "somebody else" };
  const run = await asActor(db, { principal: "token:1:ada", traceId: null }, (tx) => createRun(tx, asked));
  expect(run).toMatchObject({ principal: "token:1:ada", createdBy: "somebody else" });
});

test("a commit is pinned once", async () => {
  const { runId } = await control.queueRun();
  await pinCommit(db, runId, sha("a"));
  await pinCommit(db, runId, sha("b"));
  expect(await findRun(db, runId)).toMatchObject({ commitSha: sha("a") });
});
