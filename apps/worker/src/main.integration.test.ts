import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import {
  createRun,
  findRun,
  migrateControlStore,
  openControlStore,
  listSlots,
  provisionSlots,
  type Run,
  type Store,
} from "@oroboros/control-store";
import { installQueueSchema, openRunQueue } from "@oroboros/run-queue";
import { defineContract, healthSchema, loopbackUrl, slotIds, workerPort } from "@oroboros/slot-contract";
import { installationEnvironment } from "@oroboros/slot-contract/environments";
import { eventually, startPostgres, takePortOffset, type TestPostgres } from "@oroboros/test-support";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const MAIN = new URL("main.ts", import.meta.url).pathname;
/** Reached only in failure: a process that is started loads all of its source. */
const DEADLINE = { deadlineMs: 60_000 };
const CONTRACT = defineContract({ root: "/nonexistent/oroboros", slotCount: 2, portOffset: await takePortOffset() });
const HEALTH = `${loopbackUrl(workerPort(CONTRACT))}/health`;

interface WorkerProcess {
  child: ChildProcess;
  log(): string;
  exited: Promise<number | null>;
}

function startProcess(env: Record<string, string>): WorkerProcess {
  const node = [process.execPath, "--conditions=oroboros-source", MAIN];
  const child = spawn("setpriv", ["--pdeathsig", "KILL", ...node], {
    env: { PATH: "/usr/bin:/bin", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  return { child, log: () => output, exited: once(child, "close").then(([status]) => status as number | null) };
}

test("a worker that misses variables names all of them at once and ends with 2", async () => {
  const worker = startProcess({ SLOT_IDS_CSV: "preview-1", WORKER_HEALTH_PORT: "soon" });
  expect(await worker.exited).toBe(2);
  const lines = worker.log().trim().split("\n");
  expect(lines).toHaveLength(1);
  const told = JSON.parse(lines[0]!) as Record<string, string>;
  expect(told).toMatchObject({ code: "invalid_environment" });
  for (const name of [
    "DATABASE_URL",
    "WORKER_POLL_INTERVAL_SECONDS",
    "WORKER_HEALTH_PORT",
    "PREVIEW_BACKEND_DATABASE_URL_TEMPLATE",
    "SLOT_DATABASE_PASSWORD_KEY",
  ])
    expect(told["message"]).toContain(name);
});

describe("a worker that runs", () => {
  let postgres: TestPostgres;
  let control: { db: Store; close(): Promise<void> };
  let worker: WorkerProcess;
  let env: Record<string, string>;

  beforeAll(async () => {
    postgres = await startPostgres();
    const databaseUrl = postgres.superuserUrl();
    control = openControlStore({ databaseUrl, onError: () => undefined });
    await migrateControlStore(control.db);
    // One more than the worker is told of.
    await provisionSlots(control.db, slotIds({ slotCount: CONTRACT.slotCount + 1 }));
    await installQueueSchema(databaseUrl, []);
    env = {
      ...installationEnvironment(CONTRACT),
      DATABASE_URL: databaseUrl,
      WORKER_POLL_INTERVAL_SECONDS: "1",
      WORKER_HEALTH_PORT: String(workerPort(CONTRACT)),
      PREVIEW_BACKEND_DATABASE_URL_TEMPLATE: `postgresql://slot@127.0.0.1:${postgres.port}/app_preview_{slot}`,
      SLOT_DATABASE_PASSWORD_KEY: "cd".repeat(32),
    };
    worker = startProcess(env);
    await eventually(() => {
      if (worker.child.exitCode !== null) throw new Error(worker.log());
      return worker.log().includes("the worker is ready");
    }, DEADLINE);
  });

  afterAll(async () => {
    if (worker?.child.exitCode === null) worker.child.kill("SIGKILL");
    await worker?.exited;
    await control?.close();
    await postgres?.stop();
  });

  const queueRun = async (branch: string): Promise<Run> =>
    createRun(control.db, { title: branch, prompt: "", branch, commitSha: null, createdBy: null });

  const seenAs = (run: Pick<Run, "runId">, status: Run["status"]): Promise<Run> =>
    eventually(async () => {
      const seen = await findRun(control.db, run.runId);
      return seen?.status === status ? seen : undefined;
    }, DEADLINE);

  test("says it is healthy, and nothing else", async () => {
    const response = await fetch(HEALTH);
    expect(response.status).toBe(200);
    expect(healthSchema.parse(await response.json())).toEqual({ status: "ok", service: "worker" });
    expect((await fetch(HEALTH, { method: "POST" })).status).toBe(404);
    expect((await fetch(`${loopbackUrl(workerPort(CONTRACT))}/`)).status).toBe(404);
  });

  test("has no run be granted a slot that the installation has no more", async () => {
    expect((await listSlots(control.db)).map(({ slotId }) => slotId)).toEqual(slotIds(CONTRACT));
    expect(worker.log()).toContain("slots that are configured no more are granted to nobody");
  });

  test("takes a run it is woken for", async () => {
    const run = await queueRun("nowhere");
    const queue = openRunQueue({ kind: "postgres", databaseUrl: env["DATABASE_URL"]! }, { onError: () => undefined });
    await queue.enqueue(run.runId);
    const failed = await seenAs(run, "failed");
    await queue.close();
    expect(failed).toMatchObject({ failureReasonCode: "VALIDATION_FAILED" });
    expect(failed.failureMessage).toContain("Branch nowhere");
  });

  test("takes a queued run that nobody woke it for", async () => {
    const run = await queueRun("forgotten");
    await eventually(async () => {
      // Without a supervisor no slot can be restored or cleaned, and a run is woken for a slot that it could have.
      await control.db
        .updateTable("slot_leases")
        .set({ quarantined_at: null })
        .where("expires_at", "is", null)
        .execute();
      return (await findRun(control.db, run.runId))?.status === "failed";
    }, DEADLINE);
  });

  const aRunWhoseLeaseRanOut = async (): Promise<Pick<Run, "runId">> => {
    const { db } = control;
    const lost = {
      title: "lost",
      prompt: "",
      branch: null,
      commit_sha: null,
      created_by: null,
      status: "planning" as const,
    };
    const run = await db.insertInto("runs").values(lost).returning("run_id as runId").executeTakeFirstOrThrow();
    // Only a slot that nobody holds: the worker, which restores idle ones, would release what it took for its own lease.
    await eventually(async () => {
      const { numUpdatedRows } = await db
        .updateTable("slot_leases")
        .set({ run_id: run.runId, expires_at: new Date(0) })
        .where("slot_number", "=", 1)
        .where("expires_at", "is", null)
        .executeTakeFirstOrThrow();
      return numUpdatedRows === 1n;
    }, DEADLINE);
    return run;
  };

  test("ends a run whose lease ran out", async () => {
    const run = await aRunWhoseLeaseRanOut();
    expect(await seenAs(run, "expired")).toMatchObject({ failureReasonCode: "PREVIEW_EXPIRED", slotId: null });
  });

  test("a second worker on the same port is told who has it, and the first goes on", async () => {
    const second = startProcess(env);
    expect(await second.exited).toBe(5);
    expect(second.log()).toContain(`process ${worker.child.pid} `);
    expect((await fetch(HEALTH)).status).toBe(200);
  });

  test("goes on after a round in which the database was not there", async () => {
    // Not the leases: a worker that can not give back a slot asks again for some time before its round is over.
    await control.db.schema.alterTable("runs").renameTo("away").execute();
    const { length } = worker.log();
    await eventually(() => worker.log().slice(length).includes("it tries again at the next round"), DEADLINE);
    await control.db.schema
      .alterTable("away" as never)
      .renameTo("runs")
      .execute();
    await seenAs(await aRunWhoseLeaseRanOut(), "expired");
  });

  test("ends with 0 when it is told to stop, and leaves its port", async () => {
    worker.child.kill("SIGTERM");
    expect(await worker.exited).toBe(0);
    await expect(fetch(HEALTH)).rejects.toThrow();
  });
});
