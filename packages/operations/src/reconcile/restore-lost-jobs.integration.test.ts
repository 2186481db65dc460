import { rm, symlink, writeFile } from "node:fs/promises";
import { claimSlot, listSlots, requestAttempt } from "@oroboros/control-store";
import {
  backendJobFile,
  backendPort,
  COMMIT_HEADER,
  LEASE_TTL_SECONDS,
  loopbackUrl,
  type RunId,
  type SlotId,
} from "@oroboros/slot-contract";
import { eventually } from "@oroboros/test-support";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { publishRun } from "../publish/publish-run.ts";
import { aRunningWorld, cancelHolder } from "../testing/a-running-world.ts";
import type { TestWorld } from "../testing/a-world.ts";
import { changedApp } from "../testing/changed-app.ts";
import { restoreLostJobs } from "./restore-lost-jobs.ts";

const BRANCH = "feature/lost";
const DEADLINE = { deadlineMs: 30_000 };

let world: TestWorld;

beforeAll(async () => {
  world = await aRunningWorld();
});
afterAll(() => world?.[Symbol.asyncDispose]());
afterEach(() => cancelHolder(world));

async function live(): Promise<{ runId: RunId; slot: SlotId; commit: string }> {
  const commit = await world.push(BRANCH, changedApp("live"));
  const runId = await world.queueRun({ branch: BRANCH });
  expect(await publishRun(world.context, runId, new AbortController().signal)).toMatchObject({ outcome: "published" });
  const lease = (await listSlots(world.context.store)).find((each) => each.runId === runId);
  if (lease === undefined) throw new Error("the run holds no slot");
  return { runId, slot: lease.slotId, commit };
}

/** As a boot leaves it: no process, and nothing below `/run`. */
async function reboot(slot: SlotId): Promise<void> {
  await world.context.processes.backend(slot, "stop");
  await rm(backendJobFile(world.contract, slot));
}

const servedCommit = async (slot: SlotId): Promise<string | null> => {
  const answer = await fetch(`${loopbackUrl(backendPort(world.contract, slot))}/health`).catch(() => undefined);
  return answer?.headers.get(COMMIT_HEADER) ?? null;
};

test("a preview whose host was booted anew is started again as it was", async () => {
  const { slot, commit } = await live();
  await reboot(slot);
  expect(await servedCommit(slot)).toBeNull();
  expect(await restoreLostJobs(world.context)).toEqual([slot]);
  await eventually(async () => (await servedCommit(slot)) === commit, DEADLINE);
  expect(await restoreLostJobs(world.context)).toEqual([]);
});

test("a link in a job's place is refused, and is neither a job nor a lost one", async () => {
  const { slot } = await live();
  await reboot(slot);
  const file = backendJobFile(world.contract, slot);
  await symlink("/etc/passwd", file);
  await expect(restoreLostJobs(world.context)).rejects.toMatchObject({ code: "path_refused" });
  await rm(file);
  await writeFile(file, "no job");
  expect(await restoreLostJobs(world.context)).toEqual([]);
});

test("a preview that an operator has stopped stays so", async () => {
  const { slot } = await live();
  await world.context.processes.backend(slot, "stop");
  expect(await restoreLostJobs(world.context)).toEqual([]);
  expect(await servedCommit(slot)).toBeNull();
});

test("what is just being published is left to its publish", async () => {
  const { runId, slot } = await live();
  await reboot(slot);
  await requestAttempt(world.context.store, { runId, commitSha: null });
  expect(await restoreLostJobs(world.context)).toEqual([]);
});

test("a run that has nothing live yet is left alone", async () => {
  const runId = await world.queueRun({ branch: BRANCH });
  const claim = await claimSlot(world.context.store, { runId, ttlSeconds: LEASE_TTL_SECONDS });
  expect(claim.outcome).toBe("claimed");
  expect(await restoreLostJobs(world.context)).toEqual([]);
});
