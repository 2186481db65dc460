import { expect, test } from "vitest";
import { commit, liveRun } from "../../test/live-run.ts";
import { useControlStore } from "../../test/use-control-store.ts";
import { createRun } from "../runs/create-run.ts";
import { asActor } from "../transaction.ts";
import { findTrace } from "./find-trace.ts";
import { requestAttempt } from "./request-attempt.ts";

const control = useControlStore();
const { db } = control;
const NEW = { title: "a run", prompt: "", branch: "main", commitSha: null, createdBy: null };

test("a run has the trace of the request that made it", async () => {
  const actor = { principal: "token:1:ada", traceId: "made" };
  const { runId } = await asActor(db, actor, (tx) => createRun(tx, NEW));
  expect(await findTrace(db, runId)).toBe("made");
});

test("a run that is published again has the trace of the request for that", async () => {
  const { runId } = await liveRun(control);
  await asActor(db, { principal: "token:1:ada", traceId: "again" }, (tx) =>
    requestAttempt(tx, { runId, commitSha: commit("2") }),
  );
  expect(await findTrace(db, runId)).toBe("again");
});

test("a run that no request has made is its own trace", async () => {
  const { runId } = await control.queueRun();
  expect(await findTrace(db, runId)).toBe(runId);
});
