import { existsSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import {
  acquireMaintenanceLease,
  bindWorktree,
  findLease,
  findWorktree,
  listArtifacts,
  releaseLease,
  transitionRun,
  type LeaseRef,
} from "@oroboros/control-store";
import { startRunWorker, queueTransport } from "@oroboros/run-queue";
import {
  ARTIFACT_TYPES,
  backendPort,
  COMMIT_HEADER,
  DIFF_REPORT,
  frontendPort,
  loopbackUrl,
  PUBLISH_STEPS,
  publishWorktree,
  REVIEW_TTL_SECONDS,
  SLOT_HEADER,
  slotUid,
  slotWorktrees,
  surfaceLink,
  worktreeLink,
  type RunId,
  type SlotId,
} from "@oroboros/slot-contract";
import { tinyApp, type TinyApp } from "@oroboros/test-runtime";
import { eventually } from "@oroboros/test-support";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Context } from "../context.ts";
import { sweepSlots } from "../slots/sweep-slots.ts";
import { aWorkerThatPauses, type PausePoint } from "../testing/a-worker-that-pauses.ts";
import { aWorld, type TestWorld } from "../testing/a-world.ts";
import { isRoot, startProcesses } from "../testing/start-processes.ts";
import type { PublishOutcome } from "./publish-outcome.ts";
import { publishRun } from "./publish-run.ts";

let world: TestWorld;
let processes: AsyncDisposable;

beforeAll(async () => {
  world = await aWorld();
  processes = await startProcesses(world.contract);
  await world.push("main", tinyApp());
});

afterAll(async () => {
  await processes?.[Symbol.asyncDispose]();
  await world?.[Symbol.asyncDispose]();
});

const never = new AbortController().signal;
const DEADLINE = { deadlineMs: 30_000 };

async function queued(branch: string, change?: (app: TinyApp) => void): Promise<RunId> {
  await world.push(branch, tinyApp(change));
  return world.queueRun({ branch });
}

const publish = (runId: RunId, changes: Partial<Context> = {}): Promise<PublishOutcome> =>
  publishRun({ ...world.context, ...changes }, runId, never);

const namesOf = async (runId: RunId, type: string): Promise<unknown[]> =>
  (await world.events(runId)).filter(({ eventType }) => eventType === type).map(({ detail }) => detail["step"]);

const resets = (): Promise<object[]> =>
  world.context.store.selectFrom("preview_db_resets").selectAll().orderBy("reset_id").execute();

/** Ends whatever the slots hold, as an operator would, and lets the sweep empty them. */
async function emptySlots(): Promise<void> {
  const { store } = world.context;
  for (const slot of [world.slot, world.other]) {
    const lease = await findLease(store, slot);
    if (lease.runId !== null)
      await transitionRun(store, { runId: lease.runId, to: "canceled", reasonCode: "AGENT_CANCELED" });
    await releaseLease(store, lease);
  }
  await sweepSlots({ ...world.context, queue: quietQueue() });
}

function quietQueue(): Context["queue"] & { woken: RunId[] } {
  const woken: RunId[] = [];
  return { ...world.context.queue, woken, enqueue: async (runId) => void woken.push(runId) };
}

describe("a run that publishes", () => {
  let runId: RunId;
  const outcomes: PublishOutcome[] = [];

  test("a run delivered twice is published once", async () => {
    runId = await queued("feature/first", (app) => {
      app.files["web/build.mjs"] += 'console.log("built by uid", process.getuid());';
    });
    const worker = startRunWorker(queueTransport(world.env), {
      concurrency: 2,
      onError: (error) => expect.unreachable(String(error)),
      process: async (job) => void outcomes.push(await publish(job.run_id)),
    });
    try {
      await worker.ready;
      await world.context.queue.enqueue(runId);
      await world.context.queue.enqueue(runId);
      await eventually(() => outcomes.length === 2, DEADLINE);
    } finally {
      await worker.close();
    }
    expect(outcomes.map(({ outcome }) => outcome).toSorted()).toEqual(["nothing_to_do", "published"]);
    expect(await namesOf(runId, "step_started")).toHaveLength(Object.keys(PUBLISH_STEPS).length);
    expect((await findLease(world.context.store, world.other)).leaseState).toBe("free");
  });

  test("waits for a person with its slot held for the review", async () => {
    const run = await world.run(runId);
    const lease = await findLease(world.context.store, world.slot);
    expect(run).toMatchObject({ status: "needs_approval", slotId: world.slot });
    const reviewMs = Number(lease.expiresAt) - Date.now();
    expect(reviewMs).toBeGreaterThan((REVIEW_TTL_SECONDS - 3_600) * 1_000);
    expect(await publish(runId)).toEqual({ outcome: "nothing_to_do" });
  });

  test("is reached the way a visitor comes, with its own commit and its own database", async () => {
    const { commitSha } = await world.run(runId);
    const surface = loopbackUrl(frontendPort(world.contract, world.slot));
    const api = await fetch(`${surface}/api/health`);
    expect(await (await fetch(surface)).text()).toContain("tiny page");
    expect([api.headers.get(SLOT_HEADER), api.headers.get(COMMIT_HEADER)]).toEqual([world.slot, commitSha]);
    expect(await api.json()).toMatchObject({ slot_id: world.slot, database: "/app_preview_1" });
  });

  test("left the artifact of each step, and its reset's provenance", async () => {
    const artifacts = await listArtifacts(world.context.store, runId);
    expect(artifacts.map(({ artifactType }) => artifactType).toSorted()).toEqual(ARTIFACT_TYPES.toSorted());
    const { commitSha } = await world.run(runId);
    expect(JSON.parse(await world.evidence(runId, DIFF_REPORT))).toMatchObject({
      run_id: runId,
      commit_sha: commitSha,
      truncated: false,
    });
    expect(await resets()).toMatchObject([
      { run_id: runId, slot_id: world.slot, reset_status: "succeeded", seed_version: "v1", db_name: "app_preview_1" },
    ]);
  });

  test.skipIf(!isRoot)("a build runs as the slot's user", async () => {
    const uid = slotUid(world.contract, world.slot);
    expect(await world.evidence(runId, "preview_publish_log")).toContain(`built by uid ${uid}`);
    const health = await fetch(`${loopbackUrl(backendPort(world.contract, world.slot))}/health`);
    expect(await health.json()).toMatchObject({ uid });
  });

  test("once its lease has run out, is expired and its slot emptied; sweeping again finds nothing to do", async () => {
    const { store } = world.context;
    await store
      .updateTable("slot_leases")
      .set({ expires_at: new Date(0) })
      .where("run_id", "=", runId)
      .execute();
    expect(await sweepSlots(world.context)).toMatchObject({ expired: [world.slot], woken: 0 });
    expect(await world.run(runId)).toMatchObject({ status: "expired", failureReasonCode: "PREVIEW_EXPIRED" });
    expect(existsSync(publishWorktree(world.contract, { slot: world.slot, runId, attempt: 1 }))).toBe(false);
    expect((await fetch(loopbackUrl(frontendPort(world.contract, world.slot)))).status).not.toBe(200);
    expect(await sweepSlots(world.context)).toMatchObject({ expired: [], woken: 0 });
  });
});

describe("without its lease a publish does nothing", () => {
  let newHolder: LeaseRef;
  let newSurface: string;

  /** Takes the slot away and gives it to somebody else, who shows something of their own there. */
  async function steal(runId: RunId): Promise<void> {
    const { store } = world.context;
    await releaseLease(store, await findLease(store, world.slot), { clean: true });
    const taken = await acquireMaintenanceLease(store, world.slot, 60);
    if (taken === undefined) throw new Error("the slot was not free");
    newHolder = taken;
    newSurface = `${slotWorktrees(world.contract, world.slot)}/new-holder`;
    writeFileSync(newSurface, "mine");
    const binding = { ...newHolder, runId, commitSha: (await world.run(runId)).commitSha!, path: newSurface };
    await bindWorktree(store, binding);
  }

  /** A publish of which the slot is stolen after this, before its worker or the worker's watch can have seen it. */
  async function publishAndSteal(runId: RunId, point: PausePoint, andThen?: () => void): Promise<PublishOutcome> {
    const robbed = aWorkerThatPauses(world.context, point);
    const publishing = publishRun(robbed.context, runId, never);
    await eventually(robbed.isPaused, DEADLINE);
    await steal(runId);
    andThen?.();
    robbed.goOn();
    return publishing;
  }

  async function expectNothingMore(runId: RunId, outcome: PublishOutcome): Promise<void> {
    expect(outcome).toEqual({ outcome: "lease_lost" });
    expect((await world.run(runId)).status).toBe("testing");
    const lease = await findLease(world.context.store, world.slot);
    expect(lease).toMatchObject({ leaseEpoch: newHolder.leaseEpoch, leaseState: "held" });
    expect(readFileSync(newSurface, "utf8")).toBe("mine");
    expect((await findWorktree(world.context.store, world.slot))?.path).toBe(newSurface);
  }

  test("lost while the backend is asked for its health: nothing is switched", async () => {
    const runId = await queued("lost/gate");
    const health = `${backendPort(world.contract, world.slot)}/health`;
    const outcome = await publishAndSteal(runId, { request: (url) => url.endsWith(health) });
    await expectNothingMore(runId, outcome);
    expect(existsSync(surfaceLink(world.contract, world.slot))).toBe(false);
    await emptySlots();
  });

  test("lost while the commit is checked out: the slot's worktree stays the new holder's", async () => {
    const runId = await queued("lost/checkout");
    const link = worktreeLink(world.contract, world.slot);
    const checkout: PausePoint = { step: ({ argv }) => argv.includes("checkout-index") };
    const outcome = await publishAndSteal(runId, checkout, () => symlinkSync(newSurface, link));
    await expectNothingMore(runId, outcome);
    expect(readlinkSync(link)).toBe(newSurface);
    await emptySlots();
  });

  test("lost during a build: no further step starts", async () => {
    const runId = await queued("lost/build");
    const outcome = await publishAndSteal(runId, { step: ({ kind }) => kind === "build" });
    await expectNothingMore(runId, outcome);
    expect((await namesOf(runId, "step_started")).at(-1)).toBe("frontend_publish");
    await emptySlots();
  });

  test("lost during the very last check: the run does not wait for approval", async () => {
    const runId = await queued("lost/smoke");
    const outcome = await publishAndSteal(runId, { request: (url) => url.endsWith("/api/slots") });
    await expectNothingMore(runId, outcome);
    expect((await namesOf(runId, "step_finished")).at(-1)).toBe("smoke");
    await emptySlots();
  });
});

describe("a publish that fails", () => {
  test("leaves its artifact, fails the run, empties the slot and wakes the next run", async () => {
    const held = (await acquireMaintenanceLease(world.context.store, world.other, 60))!;
    const runId = await queued("bad/build", (app) => {
      app.files["web/build.mjs"] = 'console.error("\\x1b[31mno such module:\\x1b[39m ./gone"); process.exit(3);';
    });
    const queue = quietQueue();
    const waiting = await world.queueRun({});
    const outcome = await publish(runId, {
      queue,
      processes: {
        ...world.context.processes,
        runStep: async (...step) => {
          // While the first run holds the only slot, the second one has to wait.
          expect(await publish(waiting)).toEqual({ outcome: "waiting", queuePosition: 1 });
          return world.context.processes.runStep(...step);
        },
      },
    });
    expect(outcome).toEqual({ outcome: "failed", reasonCode: "CHECKS_FAILED" });
    const run = await world.run(runId);
    expect(run).toMatchObject({ status: "failed", failureReasonCode: "CHECKS_FAILED", slotId: null });
    const [firstLine, ...others] = run.failureMessage!.split("\n");
    expect(firstLine).toBe('frontend_publish failed: "node build.mjs" exited with 3.');
    expect(others).toContain("no such module: ./gone");
    expect(await world.evidence(runId, "preview_publish_log")).toContain("no such module:\\u001b[39m ./gone");
    expect(await namesOf(runId, "step_failed")).toEqual(["frontend_publish"]);
    expect((await findLease(world.context.store, world.slot)).leaseState).toBe("free");
    expect(await findWorktree(world.context.store, world.slot)).toBeUndefined();
    expect(existsSync(publishWorktree(world.contract, { slot: world.slot, runId, attempt: 1 }))).toBe(false);
    expect(queue.woken).toEqual([waiting]);
    await transitionRun(world.context.store, { runId: waiting, to: "canceled", reasonCode: "AGENT_CANCELED" });
    await releaseLease(world.context.store, held, { clean: true });
  });

  const GATE_SECONDS = 300;

  /** The world in which the gate's time is over once the backend has answered, and its first line is in its log. */
  function inWhichAnswersAreLate(): Partial<Context> {
    const { clock, contract, fetch: ask, processes } = world.context;
    const isBackends = (url: unknown, slot: SlotId): boolean =>
      String(url).startsWith(loopbackUrl(backendPort(contract, slot)));
    let passedMs = 0;
    return {
      clock: { ...clock, now: () => clock.now() + passedMs },
      fetch: async (url, init) => {
        const answer = await ask(url, init);
        const slot = [world.slot, world.other].find((each) => isBackends(url, each));
        if (slot === undefined) return answer;
        await eventually(async () => (await processes.backendLogTail(slot, 1)).join().includes("listens"), DEADLINE);
        passedMs = GATE_SECONDS * 1_000;
        return answer;
      },
    };
  }

  test("a backend of another slot, or of another commit, does not pass the gate", async () => {
    const impostor = (name: string, value: string): ((app: TinyApp) => void) => {
      return (app) => {
        app.manifest.backend.readyTimeoutSeconds = GATE_SECONDS;
        app.files["server/server.mjs"] = app.files["server/server.mjs"]!.replaceAll(
          `: ${name}`,
          `: "${value}"`,
        ).replace("tiny backend listens", "\\x1b[32mlistens\\x1b[39m now");
      };
    };
    const runs = [
      await queued("bad/slot", impostor("SLOT_ID", "preview-9")),
      await queued("bad/commit", impostor("SLOT_COMMIT_SHA", "0".repeat(40))),
    ];
    const outcomes = await Promise.all(runs.map((runId) => publish(runId, inWhichAnswersAreLate())));
    expect(outcomes).toEqual(runs.map(() => ({ outcome: "failed", reasonCode: "CHECKS_FAILED" })));
    const [wrongSlot, wrongCommit] = await Promise.all(runs.map(world.run));
    expect(wrongSlot?.failureMessage).toContain("is the backend of preview-9");
    expect(wrongCommit?.failureMessage).toContain(`runs commit ${"0".repeat(40)}`);
    expect(wrongCommit?.failureMessage).toContain("\nlistens now");
    for (const runId of runs)
      expect(await world.evidence(runId, "preview_readiness_log")).not.toContain("surface_switched");
  });

  test("a backend that exits at once ends the gate long before its deadline, with its last lines", async () => {
    const runId = await queued("bad/exit", (app) => {
      app.manifest.backend.readyTimeoutSeconds = 600;
      app.files["server/server.mjs"] = 'console.error("\\x1b[1mno such table\\x1b[22m"); process.exit(1);';
    });
    expect(await publish(runId)).toEqual({ outcome: "failed", reasonCode: "CHECKS_FAILED" });
    const lines = (await world.run(runId)).failureMessage!.split("\n");
    expect(lines).toMatchObject([
      "readiness failed: The backend of preview-1 exited before it was ready.",
      "no such table",
      expect.stringContaining("publish the new commit"),
    ]);
    expect(await world.evidence(runId, "preview_readiness_log")).toContain("backend_not_started");
  });

  test("a smoke route that does not answer, or leads elsewhere, names the field that asks for it", async () => {
    const runId = await queued("bad/route", (app) => {
      Object.assign(app.manifest, { smoke: { routes: ["/api/broken", "/api/moved"] } });
      app.files["server/server.mjs"] = app.files["server/server.mjs"]!.replace(
        'if (request.url === "/api/slots")',
        'if (request.url === "/api/broken") return response.writeHead(500).end("\\x1b[31mno table");\n' +
          'if (request.url === "/api/moved") return response.writeHead(307, { location: "/health" }).end();\n$&',
      );
    });
    expect(await publish(runId)).toEqual({ outcome: "failed", reasonCode: "CHECKS_FAILED" });
    const { failureMessage } = await world.run(runId);
    expect(failureMessage).toContain("/api/broken answered 500 no table");
    expect(failureMessage).toContain("/api/moved answered 307");
    expect(failureMessage).toContain("smoke.routes in oroboros.app.json");
  });

  test("a backend that hangs up on the smoke check is the branch's failure, not a defect of the runtime", async () => {
    const runId = await queued("bad/smoke", (app) => {
      app.files["server/server.mjs"] = app.files["server/server.mjs"]!.replace(
        'if (request.method === "POST") {',
        'if (request.method === "POST") { request.socket.destroy(); return;',
      );
    });
    expect(await publish(runId)).toEqual({ outcome: "failed", reasonCode: "CHECKS_FAILED" });
    expect((await world.run(runId)).failureMessage).toContain("the heartbeat answered nothing");
  });

  test("a database whose template claims another slot is refused before it is touched", async () => {
    const runId = await queued("bad/template");
    const databaseUrlTemplate = world.context.databaseUrlTemplate.replace("{slot}", "2");
    const before = await resets();
    expect(await publish(runId, { databaseUrlTemplate })).toEqual({ outcome: "failed", reasonCode: "POLICY_REJECTED" });
    expect((await world.run(runId)).failureMessage).toContain("app_preview_2");
    expect(await namesOf(runId, "step_failed")).toEqual(["database_reset"]);
    expect(await world.evidence(runId, "preview_database_reset_log")).toContain("slot_database_mismatch");
    const refused = { reset_status: "failed", details: expect.objectContaining({ code: "slot_database_mismatch" }) };
    expect(await resets()).toEqual([...before, expect.objectContaining(refused)]);
  });

  test.each([
    ["branch", async () => world.queueRun({ branch: "nowhere" }), "Branch nowhere"],
    [
      "frontend",
      async () => queued("bad/frontend", ({ manifest }) => (manifest.frontend.dir = "client")),
      "has no directory client (frontend.dir)",
    ],
    [
      "backend",
      async () => queued("bad/backend", ({ manifest }) => (manifest.backend.dir = "service")),
      "has no directory service (backend.dir)",
    ],
  ])("a %s that is not there fails the run without taking a slot", async (_what, queue, message) => {
    const runId = await queue();
    const { leaseEpoch } = await findLease(world.context.store, world.slot);
    expect(await publish(runId)).toEqual({ outcome: "failed", reasonCode: "VALIDATION_FAILED" });
    expect((await world.run(runId)).failureMessage).toContain(message);
    expect((await findLease(world.context.store, world.slot)).leaseEpoch).toBe(leaseEpoch);
  });
});

test("a run whose commit can not be read for no reason of its own is tried a few times, and then no run waits behind it", async () => {
  const [first, next] = [await queued("feature/unread"), await queued("feature/behind")];
  const { source } = world.context;
  const listTree = (): Promise<never> => Promise.reject(new Error("the disk does not answer"));
  const unread = new Map<RunId, number>();
  const broken = { unread, source: { ...source, listTree, readText: listTree } };
  for (let tried = 1; tried < 5; tried += 1) await expect(publish(first, broken)).rejects.toThrow("the disk does not");
  expect((await world.run(first)).status).toBe("queued");
  expect(await publish(first, broken)).toEqual({ outcome: "failed", reasonCode: "UNKNOWN_ERROR" });
  expect(await world.run(first)).toMatchObject({
    status: "failed",
    failureMessage: expect.stringMatching(/the disk does not answer[^]*oroboros runs retry/) as string,
  });
  await expect(publish(next, broken)).rejects.toThrow("the disk does not");
  expect(await publish(next, { unread })).toMatchObject({ outcome: "published" });
  expect(unread.size).toBe(0);
  await emptySlots();
});

test("a run canceled in the middle of a step stops its build, and the sweep empties the slot", async () => {
  const { store } = world.context;
  const runId = await queued("slow/build", (app) => {
    app.files["web/build.mjs"] =
      'import { writeFileSync } from "node:fs"; writeFileSync("pid", String(process.pid)); setInterval(() => {}, 1000);';
  });
  const publishing = publish(runId);
  const pidFile = `${publishWorktree(world.contract, { slot: world.slot, runId, attempt: 1 })}/web/pid`;
  const pid = Number(await eventually(() => readFileSync(pidFile, "utf8"), DEADLINE));
  await transitionRun(store, { runId, to: "canceled", reasonCode: "AGENT_CANCELED" });
  await releaseLease(store, await findLease(store, world.slot));
  expect(await publishing).toEqual({ outcome: "lease_lost" });
  await eventually(() => !existsSync(`/proc/${pid}`), DEADLINE);
  expect((await world.run(runId)).status).toBe("canceled");
  await sweepSlots(world.context);
  expect(existsSync(pidFile)).toBe(false);
});

test("the smallest application of docs/app-manifest.md is published: no packages, no build, no database", async () => {
  const page = readFileSync(resolve(import.meta.dirname, "../../../../docs/app-manifest.md"), "utf8");
  const [, manifest = ""] = /```json\n(.+?)```/s.exec(page) ?? [];
  const [, serve = ""] = /`(exec .+?)`/.exec(page) ?? [];
  await world.push("feature/smallest", {
    "oroboros.app.json": manifest,
    "frontend/public/index.html": "<p>hello",
    "backend/serve.sh": serve,
    "backend/answers/health": "ok",
  });
  const runId = await world.queueRun({ branch: "feature/smallest" });
  const outcome = await publish(runId);
  const { failureMessage } = await world.run(runId);
  expect({ ...outcome, failureMessage }).toMatchObject({ outcome: "published", failureMessage: null });
  const served = await fetch(loopbackUrl(frontendPort(world.contract, world.slot)));
  expect(await served.text()).toBe("<p>hello");
  await emptySlots();
});
