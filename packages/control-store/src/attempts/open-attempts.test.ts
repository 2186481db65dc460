import { sql } from "kysely";
import { expect, test } from "vitest";
import { commit, LIVE, liveRun, publishingRun, silentFor } from "../../test/live-run.ts";
import { useControlStore } from "../../test/use-control-store.ts";
import type { Lease } from "../leases/lease-ref.ts";
import { recordReset } from "../resets/record-reset.ts";
import { wasResetSince } from "../resets/was-reset-since.ts";
import { transitionRun } from "../runs/transition-run.ts";
import { beginAttempt } from "./begin-attempt.ts";
import { finishAttempt } from "./finish-attempt.ts";
import { letGo } from "./let-go.ts";
import { runsToPublishAgain, runsWithoutWorker } from "./open-attempts.ts";
import { requestAttempt } from "./request-attempt.ts";

const control = useControlStore();
const { db } = control;
const ask = ({ runId }: Lease, digit = "2"): Promise<unknown> =>
  requestAttempt(db, { runId, commitSha: commit(digit) });

test("runs to publish again are those that wait and have none at work, in the order of asking", async () => {
  const [first, second, third] = [await liveRun(control), await liveRun(control), await liveRun(control)];
  for (const lease of [third, first, second]) await ask(lease);
  expect(await runsToPublishAgain(db)).toEqual([third.runId, first.runId, second.runId]);
  const begun = await beginAttempt(db, first.runId);
  await ask(first, "3");
  expect(await runsToPublishAgain(db)).toEqual([third.runId, second.runId]);
  await finishAttempt(db, { lease: begun!.lease, attempt: 2, end: { status: "succeeded", live: LIVE } });
  await transitionRun(db, { runId: third.runId, to: "canceled", reasonCode: "AGENT_CANCELED" });
  expect(await runsToPublishAgain(db)).toEqual([second.runId, first.runId]);
});

test("runs without a worker are those whose publish at work gives no sign of life, the longest at work first", async () => {
  const [first, second, third] = [await publishingRun(control), await publishingRun(control), await liveRun(control)];
  await sql`update publish_attempts set started_at = clock_timestamp() - interval '1 hour'
    where run_id = ${second.runId}`.execute(db);
  expect(await runsWithoutWorker(db, 15)).toEqual([]);
  for (const { runId } of [first, second, third]) await silentFor(db, runId, 16);
  expect(await runsWithoutWorker(db, 15)).toEqual([second.runId, first.runId]);
  expect(await runsWithoutWorker(db, 600)).toEqual([]);
  await letGo(db, first);
  expect(await runsWithoutWorker(db, 600)).toEqual([first.runId]);
});

const RESET = {
  dbName: "app_preview_1",
  strategy: "seed",
  seedVersion: null,
  snapshotVersion: null,
  resetStatus: "succeeded",
  details: {},
} as const;

test("a slot's database was reset since a publish where a reset succeeded after it had ended", async () => {
  const working = await publishingRun(control);
  const other = await liveRun(control);
  await recordReset(db, { ...working, ...RESET });
  const since = (): Promise<boolean> => wasResetSince(db, { runId: working.runId, attempt: 1 });
  await finishAttempt(db, { lease: working, attempt: 1, end: { status: "succeeded", live: LIVE } });
  expect(await since()).toBe(false);
  await recordReset(db, { ...working, ...RESET, resetStatus: "failed" });
  await recordReset(db, { ...other, ...RESET });
  expect(await since()).toBe(false);
  // An operator's reset is nobody's run.
  await recordReset(db, { ...working, ...RESET, runId: null });
  expect(await since()).toBe(true);
  expect(await wasResetSince(db, { runId: working.runId, attempt: 2 })).toBe(false);
});
