import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { findLiveAttempt, listAttempts, requestAttempt, type Lease } from "@oroboros/control-store";
import { publishSurface, type RunId } from "@oroboros/slot-contract";
import type { TinyApp } from "@oroboros/test-runtime";
import { eventually, fewer, reportMatrix } from "@oroboros/test-support";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Context } from "../context.ts";
import { aWorkerThatPauses, type PausePoint } from "../testing/a-worker-that-pauses.ts";
import { aRunningWorld, cancelHolder } from "../testing/a-running-world.ts";
import type { TestWorld } from "../testing/a-world.ts";
import { changedApp } from "../testing/changed-app.ts";
import { whatStands } from "../testing/what-stands.ts";
import type { LivePublish } from "./live-publish.ts";
import type { PublishOutcome } from "./publish-outcome.ts";
import { publishRun } from "./publish-run.ts";
import { removeLeftovers } from "./remove-leftovers.ts";
import { revertPublish } from "./revert-publish.ts";

let world: TestWorld;
let cases = 0;
let kept = 0;

beforeAll(async () => {
  world = await aRunningWorld();
});
afterAll(() => {
  reportMatrix({ matrix: "taken over", cases, violations: cases - kept });
  return world?.[Symbol.asyncDispose]();
});
afterEach(() => cancelHolder(world));

const never = new AbortController().signal;
const publish = (runId: RunId): Promise<PublishOutcome> => publishRun(world.context, runId, never);

async function queued(): Promise<RunId> {
  await world.push("feature/page", changedApp("first"));
  return world.queueRun({ branch: "feature/page" });
}

async function toPublishAgain(change?: (app: TinyApp) => void): Promise<RunId> {
  const runId = await queued();
  expect(await publish(runId)).toMatchObject({ outcome: "published" });
  await world.push("feature/page", change === undefined ? changedApp("second") : changedApp("first", change));
  await requestAttempt(world.context.store, { runId, commitSha: null });
  return runId;
}

/** Another worker, once the one at work was silent for long enough: the last sign of it is moved into the past. */
function publishBySomebodyElse(runId: RunId, context = world.context): Promise<PublishOutcome> {
  return eventually(
    async () => {
      await world.context.store
        .updateTable("slot_leases")
        .set({ heartbeat_at: new Date(0) })
        .where("run_id", "=", runId)
        .execute();
      const outcome = await publishRun(context, runId, never);
      return outcome.outcome === "nothing_to_do" ? undefined : outcome;
    },
    { deadlineMs: 30_000 },
  );
}

const CHECKOUT: [string, PausePoint] = ["the checkout", { step: ({ argv }) => argv.includes("checkout-index") }];
const POINTS: [string, PausePoint][] = [
  CHECKOUT,
  ["the build", { step: ({ kind }) => kind === "build" }],
  ["the backend's restart", { backend: "restart" }],
  ["the backend's first healthy answer", { request: (url) => url.endsWith("/health") }],
  ["the last answer of the smoke check", { request: (url) => url.endsWith("/api/slots") }],
];
const withAnotherBackend = ({ files }: TinyApp): void => void (files["server/server.mjs"] += "// other\n");

const CASES: { what: string; start: () => Promise<RunId>; page: string; points: [string, PausePoint][] }[] = [
  { what: "a first publish", start: queued, page: "first", points: POINTS },
  {
    what: "a republish",
    start: () => toPublishAgain(),
    page: "second",
    points: [...POINTS, ["the old backend's stop", { backend: "stop" }]],
  },
  {
    what: "a republish of the same page",
    start: () => toPublishAgain(withAnotherBackend),
    page: "first",
    points: [CHECKOUT],
  },
];

describe.each(CASES)("$what that another worker took over from a paused one", ({ start, page, points }) => {
  test.each(fewer(points, 3))("paused after %s: going on it changes nothing", async (_where, point) => {
    cases += 1;
    const runId = await start();
    const paused = aWorkerThatPauses(world.context, point);
    const publishing = publishRun(paused.context, runId, never);
    await eventually(paused.isPaused, { deadlineMs: 30_000 });
    expect(await publishBySomebodyElse(runId)).toMatchObject({ outcome: "published" });
    const before = await whatStands(world, runId);
    expect(before).toMatchObject({
      page: expect.stringContaining(page),
      run: { status: "needs_approval" },
      lease: { leaseState: "held" },
    });
    expect((await listAttempts(world.context.store, runId)).at(-1)?.status).toBe("succeeded");
    paused.goOn();
    expect(await publishing).toEqual({ outcome: "lease_lost" });
    expect(await whatStands(world, runId)).toEqual(before);
    kept += 1;
  });
});

test("a worker that comes back at the end of a first publish does not end it for the one that still works on it", async () => {
  const runId = await queued();
  const old = aWorkerThatPauses(world.context, { request: (url) => url.endsWith("/api/slots") });
  const publishing = publishRun(old.context, runId, never);
  await eventually(old.isPaused, { deadlineMs: 30_000 });
  const next = aWorkerThatPauses(world.context, { step: ({ kind }) => kind === "build" });
  const goingOn = publishBySomebodyElse(runId, next.context);
  await eventually(next.isPaused, { deadlineMs: 30_000 });
  old.goOn();
  expect(await publishing).toEqual({ outcome: "lease_lost" });
  expect(await world.run(runId)).toMatchObject({ status: "testing", slotId: world.slot });
  expect(await listAttempts(world.context.store, runId)).toMatchObject([{ status: "running", live: null }]);
  next.goOn();
  expect(await goingOn).toMatchObject({ outcome: "published" });
  expect((await world.run(runId)).status).toBe("needs_approval");
});

test("a republish that fails with the worker that took it over leaves what was live, its database included", async () => {
  const runId = await toPublishAgain();
  const { surface, worktree, databases } = await whatStands(world, runId);
  const old = aWorkerThatPauses(world.context, { backend: "restart" });
  const publishing = publishRun(old.context, runId, never);
  await eventually(old.isPaused, { deadlineMs: 30_000 });
  const failing = {
    ...world.context,
    fetch: async (...request: Parameters<typeof fetch>) =>
      String(request[0]).endsWith("/api/slots") ? new Response("nothing") : fetch(...request),
  };
  expect(await publishBySomebodyElse(runId, failing)).toEqual({ outcome: "failed", reasonCode: "CHECKS_FAILED" });
  old.goOn();
  expect(await publishing).toEqual({ outcome: "lease_lost" });
  expect(await whatStands(world, runId)).toMatchObject({ surface, worktree, databases });
});

const STALE = { code: "stale_lease" };

/** What a worker knows that has published a run. */
async function published(): Promise<{ lease: Lease; live: LivePublish }> {
  const runId = await queued();
  const outcome = await publish(runId);
  const attempt = await findLiveAttempt(world.context.store, runId);
  const live = attempt?.live as LivePublish | null | undefined;
  if (outcome.outcome !== "published" || !live) throw new Error(`the run is ${outcome.outcome}`);
  return { lease: outcome.lease, live };
}

const takeAway = ({ slotId }: Lease): Promise<unknown> =>
  world.context.store
    .updateTable("slot_leases")
    .set({ expires_at: new Date(0) })
    .where("slot_id", "=", slotId)
    .execute();

const buildOf = ({ slotId: slot, runId }: Lease, attempt: number): string =>
  publishSurface(world.contract, { slot, runId, attempt });

test("a worker that loses its lease while it points a publish back removes no build any more", async () => {
  const { lease, live } = await published();
  await mkdir(buildOf(lease, 2));
  const { processes } = world.context;
  const losing: Context = {
    ...world.context,
    processes: {
      ...processes,
      runStep: async (...step) => {
        const removed = await processes.runStep(...step);
        await takeAway(lease);
        return removed;
      },
    },
  };
  await expect(revertPublish(losing, { lease, attempt: 2 }, live)).rejects.toMatchObject(STALE);
  expect(existsSync(buildOf(lease, 2))).toBe(true);
});

test("a worker that has lost its lease removes none of the builds that lie beside the newest ones", async () => {
  const { lease, live } = await published();
  for (const attempt of [2, 3]) await mkdir(buildOf(lease, attempt));
  await takeAway(lease);
  await expect(removeLeftovers(world.context, { lease, attempt: 4 }, live)).rejects.toMatchObject(STALE);
  expect(existsSync(live.frontend.surface)).toBe(true);
});
