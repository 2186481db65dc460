import type { RunId } from "@oroboros/slot-contract";
import { expect, test } from "vitest";
import { commit, liveRun, silentFor } from "../../test/live-run.ts";
import { useControlStore } from "../../test/use-control-store.ts";
import { claimSlot } from "../leases/claim-slot.ts";
import { beginAttempt } from "./begin-attempt.ts";
import { listAttempts } from "./list-attempts.ts";
import { requestAttempt } from "./request-attempt.ts";
import { takeOverAttempt } from "./take-over-attempt.ts";

const control = useControlStore({ slotCount: 1 });
const { db } = control;
const SILENT_SECONDS = 15;
const WORKER = { workerId: 1, runTimeoutSeconds: 600 };

const deadline = async (runId: RunId): Promise<Date> => (await listAttempts(db, runId)).at(-1)!.deadlineAt!;
const left = async (runId: RunId): Promise<number> => ((await deadline(runId)).getTime() - Date.now()) / 1_000;

/** Another worker, which would give a publish ten times as long. */
async function takeOver(runId: RunId): Promise<number | null> {
  await silentFor(db, runId, SILENT_SECONDS + 1);
  const patient = { workerId: 2, runTimeoutSeconds: 6_000 };
  return (await takeOverAttempt(db, { runId, silentSeconds: SILENT_SECONDS, ...patient }))!.remainingMs;
}

test("a first publish has its deadline from its claim on, and keeps it whoever takes it over", async () => {
  const { runId } = await control.queueRun();
  await claimSlot(db, { runId, ttlSeconds: 600, commitSha: commit("1"), ...WORKER });
  const first = await deadline(runId);
  expect(await left(runId)).toBeGreaterThan(540);
  expect(await left(runId)).toBeLessThanOrEqual(601);
  expect(await takeOver(runId)).toBeLessThanOrEqual(600_000);
  expect(await deadline(runId)).toEqual(first);
});

test("so has every later one, of its own", async () => {
  const { runId } = await liveRun(control);
  await requestAttempt(db, { runId, commitSha: commit("2") });
  await beginAttempt(db, runId, WORKER);
  const second = await deadline(runId);
  expect(await left(runId)).toBeGreaterThan(540);
  expect(await takeOver(runId)).toBeLessThanOrEqual(600_000);
  expect(await deadline(runId)).toEqual(second);
});
