import type { DestructiveReport, LeaseEpoch, RunId } from "@oroboros/slot-contract";
import { expect, test } from "vitest";
import { commit, LIVE, publishingRun } from "../../test/live-run.ts";
import { useControlStore } from "../../test/use-control-store.ts";
import { listEvents } from "../events/list-events.ts";
import { finishAttempt } from "./finish-attempt.ts";
import { listAttempts } from "./list-attempts.ts";
import { recordDestructive } from "./record-destructive.ts";

const control = useControlStore();
const { db } = control;

const NOTHING: DestructiveReport = { attempt: 1, commit_sha: commit("1"), statements: [], not_analysed: [] };
const DROP: DestructiveReport["statements"][number] = {
  file: "002.sql",
  kind: "drop_column",
  object: "items.price",
  statement: "alter table items drop column price",
  line: 4,
};
const FOUND = { ...NOTHING, statements: [DROP], not_analysed: [{ file: "003.sql", reason: "no SQL" }] };

const noted = async (runId: RunId): Promise<unknown> => (await listAttempts(db, runId))[0]?.destructive;
async function told(runId: RunId): Promise<unknown[]> {
  const events = await listEvents(db, { runId, sinceId: "0", limit: 100 });
  return events.filter(({ eventType }) => eventType === "destructive_statements_found").map(({ detail }) => detail);
}

test("what a publish's migrations would destroy stands at the publish, and is told once", async () => {
  const lease = await publishingRun(control);
  expect(await noted(lease.runId)).toBeNull();
  await recordDestructive(db, { lease, report: FOUND });
  await recordDestructive(db, { lease, report: FOUND });
  expect(await noted(lease.runId)).toEqual(FOUND);
  expect(await told(lease.runId)).toEqual([
    {
      attempt: 1,
      commit_sha: commit("1"),
      statements: 1,
      not_analysed: 1,
      told: ["002.sql:4 drop_column items.price"],
    },
  ]);
});

test("that nothing was found is noted too, and told to nobody", async () => {
  const lease = await publishingRun(control);
  await recordDestructive(db, { lease, report: NOTHING });
  expect(await noted(lease.runId)).toEqual(NOTHING);
  expect(await told(lease.runId)).toEqual([]);
});

test("whoever works under an older grant, or after the end, notes nothing", async () => {
  const lease = await publishingRun(control);
  const older = { ...lease, leaseEpoch: String(BigInt(lease.leaseEpoch) - 1n) as LeaseEpoch };
  await recordDestructive(db, { lease: older, report: FOUND });
  expect(await noted(lease.runId)).toBeNull();
  await finishAttempt(db, { lease, attempt: 1, end: { status: "succeeded", live: LIVE } });
  await recordDestructive(db, { lease, report: FOUND });
  expect(await noted(lease.runId)).toBeNull();
  expect(await told(lease.runId)).toEqual([]);
});
