import { findTrace, listArtifacts, listAttempts, listEvents, requestAttempt } from "@oroboros/control-store";
import { armFault } from "@oroboros/host";
import type { RunId } from "@oroboros/slot-contract";
import { eventually } from "@oroboros/test-support";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Context } from "../context.ts";
import { aRunningWorld, cancelHolder } from "../testing/a-running-world.ts";
import type { TestWorld } from "../testing/a-world.ts";
import { changedApp } from "../testing/changed-app.ts";
import { whatStands } from "../testing/what-stands.ts";
import type { PublishOutcome } from "./publish-outcome.ts";
import { publishRun } from "./publish-run.ts";

let world: TestWorld;
const GRACE_MS = 10_000;
const SMOKE_LIMIT_MS = 60_000;
const PUBLISH_LIMIT_SECONDS = 600;
const DEADLINE = { deadlineMs: 30_000 };
const never = new AbortController().signal;

beforeAll(async () => {
  world = await aRunningWorld();
});
afterAll(() => world?.[Symbol.asyncDispose]());
afterEach(async () => {
  await cancelHolder(world);
  // Without its lease a publish ends also where nobody waits for it; in the next test it would be one worker too many.
  await Promise.all(leftBehind.splice(0));
});

const leftBehind: Promise<unknown>[] = [];
const publish = (runId: RunId, context: Partial<Context> = {}): Promise<PublishOutcome> =>
  publishRun({ ...world.context, ...context }, runId, never);

async function queued(): Promise<RunId> {
  await world.push("feature/slow", changedApp("first"));
  return world.queueRun({ branch: "feature/slow" });
}

async function toPublishAgain(): Promise<RunId> {
  const runId = await queued();
  expect(await publish(runId)).toMatchObject({ outcome: "published" });
  await world.push("feature/slow", changedApp("second"));
  await requestAttempt(world.context.store, { runId, commitSha: null });
  return runId;
}

/**
 * A worker whose build never ends, and which is out of time once that has begun, however long what comes before it takes. One that
 * `hangs` does not even end when it is told to.
 */
function aWorkerThatBuildsForEver({ hangs, runsOut = true }: { hangs: boolean; runsOut?: boolean }): Partial<Context> {
  const { processes, clock } = world.context;
  let passedMs = 0;
  const told = (signal: AbortSignal): Promise<never> =>
    new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(new Error("killed"))));
  return {
    runTimeoutSeconds: PUBLISH_LIMIT_SECONDS,
    clock: {
      ...clock,
      now: () => clock.now() + passedMs,
      // What never ends needs no whole grace for it.
      sleep: (ms, signal) => clock.sleep(hangs && ms === GRACE_MS ? 100 : ms, signal),
    },
    processes: {
      ...processes,
      runStep: async (slot, request, step) => {
        if (request.kind !== "build") return processes.runStep(slot, request, step);
        if (runsOut) passedMs = PUBLISH_LIMIT_SECONDS * 1_000;
        return told(hangs || step.signal === undefined ? never : step.signal);
      },
    },
  };
}

/** As if the worker had died some seconds ago, after that many others. */
async function died(
  runId: RunId,
  { deaths = 0, late = false }: { deaths?: number; late?: boolean } = {},
): Promise<void> {
  const { store } = world.context;
  await store
    .updateTable("slot_leases")
    .set({ worker_id: 0, heartbeat_at: new Date(Date.now() - 2_000) })
    .where("run_id", "=", runId)
    .execute();
  await store
    .updateTable("publish_attempts")
    .set({ worker_deaths: deaths, deadline_at: new Date(Date.now() + (late ? -1_000 : 600_000)) })
    .where("run_id", "=", runId)
    .where("status", "=", "running")
    .execute();
}

/** For whoever reads the database's clock. */
const timeIsOver = (runId: RunId): Promise<unknown> =>
  world.context.store
    .updateTable("publish_attempts")
    .set({ deadline_at: new Date(0) })
    .where("run_id", "=", runId)
    .execute();

/** What another worker makes of it. */
const goneOn = (runId: RunId, death?: { deaths?: number; late?: boolean }): Promise<PublishOutcome> =>
  eventually(async () => {
    if (death !== undefined) await died(runId, death);
    const outcome = await publish(runId);
    return outcome.outcome === "nothing_to_do" ? undefined : outcome;
  }, DEADLINE);

/** A publish that stands still in its build, as that of a worker that died there. */
async function begunByADeadWorker(runId: RunId): Promise<void> {
  const { context } = world;
  const before = (await listEvents(context.store, { runId, sinceId: "0", limit: 1_000 })).length;
  const dead = publish(runId, aWorkerThatBuildsForEver({ hangs: true, runsOut: false }));
  leftBehind.push(dead.catch(() => undefined));
  await eventually(async () => {
    const events = await listEvents(context.store, { runId, sinceId: "0", limit: 1_000 });
    return events
      .slice(before)
      .some(({ detail, eventType }) => eventType === "step_started" && detail["step"] === "frontend_publish");
  }, DEADLINE);
}

test("a first publish that is not over in its time fails for that, and its slot is free again", async () => {
  const runId = await queued();
  expect(await publish(runId, aWorkerThatBuildsForEver({ hangs: false }))).toEqual({
    outcome: "failed",
    reasonCode: "AGENT_TIMEOUT",
  });
  expect(await world.run(runId)).toMatchObject({
    status: "failed",
    failureReasonCode: "AGENT_TIMEOUT",
    failureMessage: expect.stringContaining(
      `frontend_publish failed: The publish did not end within ${PUBLISH_LIMIT_SECONDS} s.`,
    ),
    slotId: null,
  });
  const failed = (await world.events(runId)).find(({ eventType }) => eventType === "step_failed");
  expect(failed?.detail).toMatchObject({ step: "frontend_publish", code: "step_timed_out" });
});

test("a step that is not over in its own time fails for that, however much of the publish's is left", async () => {
  const { clock, fetch } = world.context;
  const asked = Promise.withResolvers<void>();
  // The smoke check's time is over once it asks a backend that does not answer.
  const sleep: Context["clock"]["sleep"] = (ms, signal) =>
    ms === SMOKE_LIMIT_MS ? Promise.race([clock.sleep(ms, signal), asked.promise]) : clock.sleep(ms, signal);
  const silent: Context["fetch"] = async (url, init) => {
    if (!String(url).endsWith("/heartbeat")) return fetch(url, init);
    asked.resolve();
    return new Promise((_resolve, reject) => init?.signal?.addEventListener("abort", () => reject(new Error("ended"))));
  };
  const runId = await queued();
  const outcome = await publish(runId, { clock: { ...clock, sleep }, fetch: silent });
  expect(outcome).toEqual({ outcome: "failed", reasonCode: "AGENT_TIMEOUT" });
  const { failureMessage } = await world.run(runId);
  expect(failureMessage).toContain("smoke failed: smoke did not end within 60 s.");
});

test("a republish that is not over in its time fails, and what was live is live", async () => {
  const runId = await toPublishAgain();
  const { page, surface, databases } = await whatStands(world, runId);
  expect(await publish(runId, aWorkerThatBuildsForEver({ hangs: false }))).toEqual({
    outcome: "failed",
    reasonCode: "AGENT_TIMEOUT",
  });
  expect(await whatStands(world, runId)).toMatchObject({ page, surface, databases, run: { status: "needs_approval" } });
});

test("a publish that hangs is left to another worker, which ends it because its time is over", async () => {
  const runId = await queued();
  expect(await publish(runId, aWorkerThatBuildsForEver({ hangs: true }))).toEqual({ outcome: "abandoned" });
  expect(await world.run(runId)).toMatchObject({ status: "testing" });
  await timeIsOver(runId);
  expect(await goneOn(runId)).toEqual({ outcome: "failed", reasonCode: "AGENT_TIMEOUT" });
  expect(await world.run(runId)).toMatchObject({ status: "failed", slotId: null });
});

test("a republish whose worker died, and whose time is over, is not begun again", async () => {
  const runId = await toPublishAgain();
  const { page, surface, databases } = await whatStands(world, runId);
  await begunByADeadWorker(runId);
  expect(await goneOn(runId, { late: true })).toEqual({ outcome: "failed", reasonCode: "AGENT_TIMEOUT" });
  expect(await whatStands(world, runId)).toMatchObject({ page, surface, databases, run: { status: "needs_approval" } });
});

test("a publish at which a fifth worker has died is not begun once more", async () => {
  const runId = await queued();
  await begunByADeadWorker(runId);
  expect(await goneOn(runId, { deaths: 4 })).toEqual({ outcome: "failed", reasonCode: "UNKNOWN_ERROR" });
  expect((await world.run(runId)).failureMessage).toContain(
    "The worker died 5 times in this publish, last in frontend_publish.",
  );
});

test("a publish at which a fourth worker has died is begun again, its evidence in files of its own", async () => {
  const runId = await queued();
  await begunByADeadWorker(runId);
  expect(await goneOn(runId, { deaths: 3 })).toMatchObject({ outcome: "published" });
  const [attempt] = await listAttempts(world.context.store, runId);
  expect(attempt).toMatchObject({ status: "succeeded", workerDeaths: 4 });
  const uris = (await listArtifacts(world.context.store, runId)).map(({ uri }) => uri);
  const logs = uris.filter((uri) => uri.includes("preview_migration_log"));
  expect(logs).toEqual([expect.stringContaining(`preview_migration_log-epoch-${attempt?.leaseEpoch}.jsonl`)]);
});

test("a worker that fails between claim and publish leaves the run to the next one at once", async () => {
  const runId = await queued();
  armFault("acquire.after_claim:throw");
  await expect(publish(runId)).rejects.toThrow("fault at acquire.after_claim");
  expect(await goneOn(runId)).toMatchObject({ outcome: "published" });
});

test.each(["publish.after_approval", "republish.after_success"] as const)(
  "a publish that was recorded stands, although its worker fails at %s",
  async (point) => {
    const runId = point === "publish.after_approval" ? await queued() : await toPublishAgain();
    armFault(`${point}:throw`);
    expect(await publish(runId)).toMatchObject({ outcome: "published" });
    expect(await world.run(runId)).toMatchObject({ status: "needs_approval", slotId: world.slot });
  },
);

test("what a publish logs and starts names the request that asked for it", async () => {
  const { processes, store } = world.context;
  const runId = await queued();
  const steps = new Set<string | undefined>();
  const lines: object[] = [];
  const note = (fields: object): void => void lines.push(fields);
  const told: Partial<Context> = {
    log: { info: note, warn: note, error: note },
    processes: {
      ...processes,
      runStep: (slot, request, options) => {
        steps.add(request.env["TRACE_ID"]);
        return processes.runStep(slot, request, options);
      },
    },
  };
  expect(await publish(runId, { ...told, ...aWorkerThatFailsToBuild(told) })).toMatchObject({ outcome: "failed" });
  const traceId = await findTrace(store, runId);
  const { commitSha } = await world.run(runId);
  expect([...steps]).toEqual([traceId]);
  expect(lines.length).toBeGreaterThan(0);
  for (const line of lines) {
    expect(line).toMatchObject({ trace_id: traceId, run_id: runId, slot_id: world.slot, commit_sha: commitSha });
  }
});

/** So that there is something to log. */
function aWorkerThatFailsToBuild({ processes }: Partial<Context>): Partial<Context> {
  const { runStep } = { ...world.context.processes, ...processes };
  return {
    processes: {
      ...world.context.processes,
      runStep: async (slot, request, options) => {
        const result = await runStep(slot, request, options);
        return request.kind === "build" ? { ...result, exitCode: 1 } : result;
      },
    },
  };
}

test("a publish that fails after the database server was restarted is begun again, not failed", async () => {
  const { store } = world.context;
  const runId = await queued();
  const restarting = aWorkerThatFailsToBuild({});
  const { runStep } = { ...world.context.processes, ...restarting.processes };
  const outcome = await publish(runId, {
    processes: {
      ...world.context.processes,
      runStep: async (slot, request, options) => {
        // As it is for a publish that began before the server did.
        await store
          .updateTable("publish_attempts")
          .set({ started_at: new Date(0) })
          .where("run_id", "=", runId)
          .execute();
        return runStep(slot, request, options);
      },
    },
  });
  expect(outcome).toEqual({ outcome: "abandoned" });
  expect(await world.run(runId)).toMatchObject({ status: "testing", slotId: world.slot });
  expect(await goneOn(runId)).toMatchObject({ outcome: "published" });
});
