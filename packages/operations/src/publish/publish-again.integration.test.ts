import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import {
  claimSlot,
  findLease,
  listAttempts,
  releaseLease,
  requestAttempt,
  transitionRun,
  type PublishAttempt,
} from "@oroboros/control-store";
import { armFault } from "@oroboros/host";
import {
  OperatorError,
  publishWorktree,
  repoPath,
  slotSurfaces,
  slotWorktrees,
  type RunId,
} from "@oroboros/slot-contract";
import type { TinyApp } from "@oroboros/test-runtime";
import { eventually, queryRows } from "@oroboros/test-support";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Context } from "../context.ts";
import { aRunningWorld, cancelHolder } from "../testing/a-running-world.ts";
import type { TestWorld } from "../testing/a-world.ts";
import { changedApp } from "../testing/changed-app.ts";
import { whatStands } from "../testing/what-stands.ts";
import type { PublishOutcome } from "./publish-outcome.ts";
import { publishRun } from "./publish-run.ts";

const BRANCH = "feature/page";
/** What takes seconds takes minutes where many others are at work. */
const MANY = { timeout: 300_000 };
let world: TestWorld;

beforeAll(async () => {
  world = await aRunningWorld();
});
afterAll(() => world?.[Symbol.asyncDispose]());
afterEach(() => cancelHolder(world));

const never = new AbortController().signal;
const publish = (runId: RunId, changes: Partial<Context> = {}, signal = never): Promise<PublishOutcome> =>
  publishRun({ ...world.context, ...changes }, runId, signal);

async function queued(): Promise<RunId> {
  await world.push(BRANCH, changedApp("first"));
  return world.queueRun({ branch: BRANCH });
}

async function live(): Promise<RunId> {
  const runId = await queued();
  expect(await publish(runId)).toMatchObject({ outcome: "published" });
  return runId;
}

async function ask(runId: RunId, word: string, change?: (app: TinyApp) => void): Promise<void> {
  await world.push(BRANCH, changedApp(word, change));
  await requestAttempt(world.context.store, { runId, commitSha: null });
}

const attemptsOf = (runId: RunId): Promise<PublishAttempt[]> => listAttempts(world.context.store, runId);
const lastAttempt = async (runId: RunId): Promise<PublishAttempt | undefined> => (await attemptsOf(runId)).at(-1);

/** What stands without what is written down of the publishes. */
async function preview(runId: RunId): Promise<object> {
  const { attempts: _, lease: __, ...shown } = await whatStands(world, runId);
  return shown;
}

/** The world, in which something happens once a build is under way. */
function duringBuild(happens: () => unknown): Partial<Context> {
  const { runStep } = world.context.processes;
  return {
    processes: {
      ...world.context.processes,
      runStep: async (slot, request, options) => {
        if (request.kind === "build") await happens();
        return runStep(slot, request, options);
      },
    },
  };
}

describe("a worker that is told to stop in the middle", () => {
  test.each([
    ["a first publish", queued, "testing"],
    [
      "a republish",
      async () => {
        const runId = await live();
        await ask(runId, "second");
        return runId;
      },
      "needs_approval",
    ],
  ])("of %s lets it go: the run stays as it is, and the next worker goes on at once", async (_what, start, status) => {
    const runId = await start();
    const stop = new AbortController();
    expect(
      await publish(
        runId,
        duringBuild(() => stop.abort()),
        stop.signal,
      ),
    ).toEqual({ outcome: "let_go" });
    expect(await world.run(runId)).toMatchObject({ status, slotId: world.slot, failureReasonCode: null });
    expect(await lastAttempt(runId)).toMatchObject({ status: "running" });
    expect(await publish(runId)).toMatchObject({ outcome: "published" });
    expect(await lastAttempt(runId)).toMatchObject({ status: "succeeded" });
    expect(await world.run(runId)).toMatchObject({ status: "needs_approval" });
  });
});

test("a run that an agent gave a slot to waits there until its publish is asked for", async () => {
  const runId = await queued();
  expect(await claimSlot(world.context.store, { runId, ttlSeconds: 600 })).toMatchObject({ outcome: "claimed" });
  expect(await publish(runId)).toEqual({ outcome: "nothing_to_do" });
  await requestAttempt(world.context.store, { runId, commitSha: null });
  expect(await publish(runId)).toMatchObject({ outcome: "published" });
  expect(await world.run(runId)).toMatchObject({ status: "needs_approval", slotId: world.slot });
  expect(await attemptsOf(runId)).toMatchObject([{ attempt: 1, status: "succeeded" }]);
});

/** The world, in which something happens once before a commit's files are listed. */
function beforeReading(happens: () => Promise<unknown>): Partial<Context> {
  const { source } = world.context;
  let once: Promise<unknown> | undefined;
  return { source: { ...source, listTree: async (commit) => (await (once ??= happens()), source.listTree(commit)) } };
}

test("an agent who says that its run is being tested in the very moment the publish does, fails no publish", async () => {
  const runId = await queued();
  const { store } = world.context;
  await claimSlot(store, { runId, ttlSeconds: 600 });
  await requestAttempt(store, { runId, commitSha: null });
  const isWaitedFor = async (): Promise<boolean> => {
    const waiting = "select pid from pg_stat_activity where wait_event_type = 'Lock' and query ~ 'runs'";
    const [found = []] = await queryRows(world.env.DATABASE_URL, waiting);
    return found.length > 0;
  };
  let agent: Promise<unknown> = Promise.resolve();
  const outcome = await publish(
    runId,
    beforeReading(
      () =>
        new Promise((resolve) => {
          agent = store.transaction().execute(async (tx) => {
            await transitionRun(tx, { runId, to: "testing" });
            resolve(undefined);
            await eventually(isWaitedFor, { deadlineMs: 30_000 });
          });
        }),
    ),
  );
  await agent;
  expect(outcome).toMatchObject({ outcome: "published" });
});

test("a run that an agent gave a slot to while its source was found wanting keeps both", async () => {
  const runId = await queued();
  const { store } = world.context;
  const outcome = await publish(
    runId,
    beforeReading(async () => {
      await claimSlot(store, { runId, ttlSeconds: 600 });
      throw new OperatorError("invalid_manifest", "It declares nothing.", { hint: "Declare something." });
    }),
  );
  expect(outcome).toEqual({ outcome: "nothing_to_do" });
  expect(await world.run(runId)).toMatchObject({ status: "planning", slotId: world.slot, failureReasonCode: null });
});

test("a run that was given a slot and has no branch fails its first publish for its source", async () => {
  const runId = await world.queueRun({ branch: "nowhere" });
  await claimSlot(world.context.store, { runId, ttlSeconds: 600 });
  await requestAttempt(world.context.store, { runId, commitSha: null });
  expect(await publish(runId)).toEqual({ outcome: "failed", reasonCode: "VALIDATION_FAILED" });
  const failed = { status: "failed", failureReasonCode: "VALIDATION_FAILED", slotId: null };
  expect(await world.run(runId)).toMatchObject(failed);
});

test("a run canceled in the middle of a republish has its publish canceled and its slot given back", async () => {
  const runId = await live();
  await ask(runId, "second");
  const cancel = async (): Promise<void> => {
    await transitionRun(world.context.store, { runId, to: "canceled", reasonCode: "AGENT_CANCELED" });
    await releaseLease(world.context.store, await findLease(world.context.store, world.slot));
  };
  expect(await publish(runId, duringBuild(cancel))).toEqual({ outcome: "lease_lost" });
  expect(await lastAttempt(runId)).toMatchObject({ status: "canceled", live: null });
  expect((await findLease(world.context.store, world.slot)).leaseState).toBe("quarantined");
  expect((await world.run(runId)).status).toBe("canceled");
});

test("a lease that runs out in the middle of a republish ends it, and what was live is what is served", async () => {
  const runId = await live();
  const before = await preview(runId);
  await ask(runId, "second");
  const expire = (): Promise<unknown> =>
    world.context.store
      .updateTable("slot_leases")
      .set({ expires_at: new Date(0) })
      .where("run_id", "=", runId)
      .execute();
  expect(await publish(runId, duringBuild(expire))).toEqual({ outcome: "lease_lost" });
  expect(await lastAttempt(runId)).toMatchObject({ status: "canceled" });
  expect(await preview(runId)).toEqual(before);
  expect(await publish(runId)).toEqual({ outcome: "nothing_to_do" });
});

test("two workers that are told of the same publish do it once", async () => {
  const runId = await live();
  await ask(runId, "second");
  const outcomes = await Promise.all([publish(runId), publish(runId)]);
  expect(outcomes.map(({ outcome }) => outcome).toSorted()).toEqual(["nothing_to_do", "published"]);
  expect(await attemptsOf(runId)).toHaveLength(2);
  const started = (await world.events(runId)).filter(({ eventType }) => eventType === "publish_started");
  expect(started).toHaveLength(1);
});

describe("a publish that can not be done", () => {
  const nowhere = async (runId: RunId): Promise<void> => {
    await ask(runId, "second");
    execFileSync("git", ["--git-dir", repoPath(world.contract), "update-ref", "-d", `refs/heads/${BRANCH}`]);
  };
  test.each<[string, (runId: RunId) => Promise<void>, string]>([
    ["because its branch is gone", nowhere, BRANCH],
    [
      "because its manifest is broken",
      async (runId) => {
        await world.push(BRANCH, { ...changedApp("second"), "oroboros.app.json": "{" });
        await requestAttempt(world.context.store, { runId, commitSha: null });
      },
      "oroboros.app.json",
    ],
    [
      "because its frontend is gone",
      (runId) => ask(runId, "second", ({ manifest }) => void (manifest.frontend.dir = "gone")),
      "gone",
    ],
  ])("%s fails as VALIDATION_FAILED, and nothing that is live is touched", async (_why, make, named) => {
    const runId = await live();
    const before = await preview(runId);
    await make(runId);
    expect(await publish(runId)).toEqual({ outcome: "failed", reasonCode: "VALIDATION_FAILED" });
    const attempt = await lastAttempt(runId);
    expect(attempt).toMatchObject({ attempt: 2, status: "failed", failureReasonCode: "VALIDATION_FAILED" });
    expect(attempt?.failureMessage).toContain(named);
    expect(await preview(runId)).toEqual(before);
  });
});

test("where the previous preview does not come back the attempt says so, and the next publish repairs it", async () => {
  const runId = await live();
  await ask(runId, "second", (app) => (app.files["server/server.mjs"] = "process.exit(7)"));
  const { backend } = world.context.processes;
  let restarts = 0;
  const outcome = await publish(runId, {
    processes: {
      ...world.context.processes,
      backend: async (slot, command, options) => {
        if (command === "restart") restarts += 1;
        if (restarts < 2 || command !== "restart") return backend(slot, command, options);
        throw new Error("the host refused to start anything");
      },
    },
  });
  expect(outcome).toEqual({ outcome: "failed", reasonCode: "CHECKS_FAILED" });
  const failed = await lastAttempt(runId);
  expect(failed?.failureMessage).toContain("readiness failed");
  expect(failed?.failureMessage).toContain("The previous preview could not be put back: the host refused");
  await ask(runId, "third");
  expect(await publish(runId)).toMatchObject({ outcome: "published" });
  expect(await lastAttempt(runId)).toMatchObject({ attempt: 3, status: "succeeded" });
  expect(await preview(runId)).toMatchObject({
    page: expect.stringContaining("third"),
    run: { status: "needs_approval" },
    databases: [{ datname: "app_preview_1" }],
  });
  expect(existsSync(publishWorktree(world.contract, { slot: world.slot, runId, attempt: 2 }))).toBe(false);
});

test("where even the old database was not put back, the next publish puts it back before it reuses it", async () => {
  const runId = await live();
  const { databases } = await whatStands(world, runId);
  await ask(runId, "second", (app) => (app.files["server/server.mjs"] = "process.exit(7)"));
  const { backend } = world.context.processes;
  let stops = 0;
  const outcome = await publish(runId, {
    processes: {
      ...world.context.processes,
      backend: async (slot, command, options) => {
        if (command === "stop") stops += 1;
        if (stops < 2 || command !== "stop") return backend(slot, command, options);
        throw new Error("the host refused to stop anything");
      },
    },
  });
  expect(outcome).toMatchObject({ outcome: "failed" });
  expect((await lastAttempt(runId))?.failureMessage).toContain("could not be put back: the host refused to stop");
  await ask(runId, "first", ({ files }) => {
    files["web/build.mjs"] = String(files["web/build.mjs"]).replace("first", "another page");
  });
  expect(await publish(runId)).toMatchObject({ outcome: "published" });
  expect(await preview(runId)).toMatchObject({ page: expect.stringContaining("another page"), databases });
});

test("a database that a worker could not drop after its publish is never taken for the one before the next", async () => {
  const runId = await live();
  await ask(runId, "second");
  // Before it could tidy up.
  armFault("republish.after_success:throw");
  expect(await publish(runId)).toMatchObject({ outcome: "published" });
  const databases = (await whatStands(world, runId)).databases as { datname: string }[];
  expect(databases.map(({ datname }) => datname)).toEqual(["app_preview_1", "kept_1"]);
  await ask(runId, "third", ({ files }) => {
    files["server/server.mjs"] = String(files["server/server.mjs"]).replace("updated: true", "updated: false");
  });
  expect(await publish(runId)).toEqual({ outcome: "failed", reasonCode: "CHECKS_FAILED" });
  expect(await preview(runId)).toMatchObject({
    page: expect.stringContaining("second"),
    databases: databases.filter(({ datname }) => datname === "app_preview_1"),
  });
});

// A publish removes what it finds and does not need, so the one before it is there until the next one.
test(
  "many publishes of a run leave the live one, what is still open of the ones before, and one database",
  MANY,
  async () => {
    const runId = await live();
    for (const word of ["second", "third", "fourth", "fifth"]) {
      await ask(runId, word);
      expect(await publish(runId)).toMatchObject({ outcome: "published" });
    }
    const names = (...attempts: number[]): string[] => attempts.map((attempt) => `${runId}-${attempt}`);
    expect(readdirSync(slotSurfaces(world.contract, world.slot)).toSorted()).toEqual([...names(3, 4, 5), "pool"]);
    expect(readdirSync(slotWorktrees(world.contract, world.slot)).toSorted()).toEqual(names(4, 5));
    expect(await preview(runId)).toMatchObject({
      databases: [{ datname: "app_preview_1" }],
      surface: `${slotSurfaces(world.contract, world.slot)}/${names(5)[0]}`,
      worktree: `${slotWorktrees(world.contract, world.slot)}/${names(5)[0]}`,
    });
  },
);
