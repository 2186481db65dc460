import { findLease, releaseLease, requestAttempt, transitionRun } from "@oroboros/control-store";
import type { RunId } from "@oroboros/slot-contract";
import { tinyApp } from "@oroboros/test-runtime";
import { eventually } from "@oroboros/test-support";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { aWorkerThatPauses, type PausePoint } from "../testing/a-worker-that-pauses.ts";
import { aWorld, type TestWorld } from "../testing/a-world.ts";
import { changedApp } from "../testing/changed-app.ts";
import { startProcesses } from "../testing/start-processes.ts";
import { whatStands } from "../testing/what-stands.ts";
import type { PublishOutcome } from "./publish-outcome.ts";
import { publishRun } from "./publish-run.ts";

let world: TestWorld;
let processes: AsyncDisposable;

beforeAll(async () => {
  world = await aWorld({ portOffset: 8_800 });
  processes = await startProcesses(world.contract);
  await world.push("main", tinyApp());
});
afterAll(async () => {
  await processes?.[Symbol.asyncDispose]();
  await world?.[Symbol.asyncDispose]();
});

afterEach(async () => {
  const { store } = world.context;
  const lease = await findLease(store, world.slot);
  if (lease.runId === null) return;
  await transitionRun(store, { runId: lease.runId, to: "canceled", reasonCode: "AGENT_CANCELED" });
  await releaseLease(store, lease);
});

const never = new AbortController().signal;
const publish = (runId: RunId): Promise<PublishOutcome> => publishRun(world.context, runId, never);

async function queued(): Promise<RunId> {
  await world.push("feature/page", changedApp("first"));
  return world.queueRun({ branch: "feature/page" });
}

async function toPublishAgain(): Promise<RunId> {
  const runId = await queued();
  expect(await publish(runId)).toMatchObject({ outcome: "published" });
  await world.push("feature/page", changedApp("second"));
  await requestAttempt(world.context.store, { runId, commitSha: null });
  return runId;
}

/** Another worker, once the one at work was silent for long enough: the last sign of it is moved into the past. */
function publishBySomebodyElse(runId: RunId): Promise<PublishOutcome> {
  return eventually(
    async () => {
      await world.context.store
        .updateTable("slot_leases")
        .set({ heartbeat_at: new Date(0) })
        .where("run_id", "=", runId)
        .execute();
      const outcome = await publish(runId);
      return outcome.outcome === "nothing_to_do" ? undefined : outcome;
    },
    { deadlineMs: 20_000 },
  );
}

const POINTS: [string, PausePoint][] = [
  ["the checkout", { step: ({ argv }) => argv.includes("checkout-index") }],
  ["the build", { step: ({ kind }) => kind === "build" }],
  ["the backend's restart", { backend: "restart" }],
  ["the backend's first healthy answer", { request: (url) => url.endsWith("/health") }],
  ["the last answer of the smoke check", { request: (url) => url.endsWith("/api/slots") }],
];

describe.each([
  ["a first publish", queued, 1],
  ["a republish", toPublishAgain, 2],
] as const)("%s that another worker took over from a paused one", (_what, start, attempt) => {
  const points: [string, PausePoint][] =
    attempt === 1 ? POINTS : [...POINTS, ["the old backend's stop", { backend: "stop" }]];

  test.each(points)("paused after %s: going on it changes nothing", async (_where, point) => {
    const runId = await start();
    const paused = aWorkerThatPauses(world.context, point);
    const publishing = publishRun(paused.context, runId, never);
    await eventually(paused.isPaused, { deadlineMs: 20_000 });
    expect(await publishBySomebodyElse(runId)).toMatchObject({ outcome: "published" });
    const before = await whatStands(world, runId);
    expect(before).toMatchObject({
      page: expect.stringContaining(attempt === 1 ? "first" : "second"),
      run: { status: "needs_approval" },
      lease: { leaseState: "held" },
    });
    paused.goOn();
    expect(await publishing).toEqual({ outcome: "lease_lost" });
    expect(await whatStands(world, runId)).toEqual(before);
    expect(before).toMatchObject({
      attempts: expect.arrayContaining([expect.objectContaining({ attempt, status: "succeeded" })]),
    });
  });
});
