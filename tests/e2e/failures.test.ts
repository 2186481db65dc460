import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  endOfRun,
  runScript,
  startRuntime,
  tinyApp,
  type FinishedRun,
  type Runtime,
  type TinyApp,
} from "@oroboros/test-runtime";
import { eventually, startRedis, takePortOffset, type TestRedis } from "@oroboros/test-support";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

// One runtime for the whole file, its queue in a real Redis: every failing branch must leave it as it found it.
const OFFSET = await takePortOffset();
/** Long enough for a program to start on a busy machine, so that it is judged by what it says and not by its silence. */
const GIVE_UP_SECONDS = 10;
let redis: TestRedis;
let runtime: Runtime;

beforeAll(async () => {
  redis = await startRedis();
  runtime = await startRuntime({ portOffset: OFFSET, main: tinyApp(), args: ["--redis-url", redis.url] });
});

afterAll(async () => {
  await runtime?.stop();
  await redis?.stop();
});

async function publish(branch: string, change?: (app: TinyApp) => void): Promise<FinishedRun> {
  const commit_sha = await runtime.pushBranch(branch, tinyApp(change));
  return endOfRun(runtime, { title: branch, branch, commit_sha });
}

/** A slot that a run leaves is under maintenance for the moment in which it is made idle again. */
async function everySlotIsFree(): Promise<void> {
  await eventually(
    async () => {
      const { body } = await runtime.api("/api/slots");
      return (body as { lease_state: string }[]).every(({ lease_state }) => lease_state === "free");
    },
    { deadlineMs: 120_000 },
  );
}

describe("a branch that can not be published fails with its own code, leaves its evidence, and gives the slot back", () => {
  test("a branch that does not exist", async () => {
    const run = await endOfRun(runtime, { title: "nothing", branch: "no/such-branch" });
    expect(run.status).toBe("failed");
    expect(run.failure_reason_code).toBe("VALIDATION_FAILED");
    expect(run.failure_message).toContain("Branch no/such-branch is not in the repository");
    await everySlotIsFree();
  });

  test("a manifest that names a file outside the application", async () => {
    const run = await publish("bad/manifest", (app) => (app.manifest.database.migrations = "../elsewhere"));
    expect(run.failure_reason_code).toBe("VALIDATION_FAILED");
    expect(run.failure_message).toContain("database.migrations");
  });

  test("a build that fails", async () => {
    const run = await publish(
      "bad/build",
      (app) => (app.files["web/build.mjs"] = 'console.error("no such module: ./gone"); process.exit(3);'),
    );
    expect(run.failure_reason_code).toBe("CHECKS_FAILED");
    expect(run.failure_message).toContain("exited with 3");
    expect(await run.evidence("preview_publish_log")).toContain("no such module: ./gone");
    await everySlotIsFree();
  });

  test("an install that fails", async () => {
    const run = await publish("bad/install", (app) => (app.manifest.backend.install = ["false"]));
    expect(run.failure_reason_code).toBe("CHECKS_FAILED");
    expect(await run.evidence("preview_dependency_sync_log")).toContain('"exitCode":1');
  });

  test("a migration that fails", async () => {
    const run = await publish(
      "bad/migration",
      (app) => (app.files["migrations/0002_broken.sql"] = "alter table nowhere add column x int;"),
    );
    expect(run.failure_reason_code).toBe("MIGRATION_FAILED");
    expect(run.failure_message).toContain("0002_broken.sql");
    expect(await run.evidence("preview_migration_log")).toContain("0002_broken.sql");
    await everySlotIsFree();
  });

  test("a backend that never gets healthy, with its last answers and last log lines", async () => {
    const run = await publish("bad/backend", (app) => {
      app.manifest.backend.readyTimeoutSeconds = GIVE_UP_SECONDS;
      app.files["server/server.mjs"] =
        `console.log("waiting for a cache that never comes"); setInterval(() => {}, 1000);`;
    });
    expect(run.failure_reason_code).toBe("CHECKS_FAILED");
    expect(run.failure_message).toContain("waiting for a cache that never comes");
    expect(await run.evidence("preview_readiness_log")).toContain("ECONNREFUSED");
    await everySlotIsFree();
  });

  test("a backend that answers, but for another commit", async () => {
    const run = await publish("bad/commit", (app) => {
      app.manifest.backend.readyTimeoutSeconds = GIVE_UP_SECONDS;
      app.files["server/server.mjs"] = app.files["server/server.mjs"]?.replaceAll("SLOT_COMMIT_SHA", "PATH") ?? "";
    });
    expect(run.failure_reason_code).toBe("CHECKS_FAILED");
    expect(await run.evidence("preview_readiness_log")).toContain("runs commit");
  });

  test("a smoke check that is not answered", async () => {
    const run = await publish("bad/smoke", (app) => {
      app.files["server/server.mjs"] =
        app.files["server/server.mjs"]?.replace("heartbeat_updated: true", "heartbeat_updated: false") ?? "";
    });
    expect(run.failure_reason_code).toBe("CHECKS_FAILED");
    expect(await run.evidence("preview_slot_smoke_report")).toContain("heartbeat");
    await everySlotIsFree();
  });
});

test("after all of them a good branch is published, its wake-ups coming through Redis", async () => {
  const run = await publish("good/branch");
  expect(run.status, String(run.failure_message)).toBe("needs_approval");
  // The first that is clean: those of the branches before may be still at it.
  expect(run.slot_id).toMatch(/^preview-[123]$/);
  expect(await (await fetch(String(run.frontend_url))).text()).toContain("tiny page");
});

describe("the command line refuses what it can not do", () => {
  test("an unknown slot", async () => {
    const { exitCode, json } = await runtime.cli("db", "reset", "--slot", "preview-9");
    expect(json).toMatchObject({ ok: false, error: { code: "invalid_slot" } });
    expect(exitCode).toBe(2);
  });

  test("a database template that belongs to another slot", async () => {
    const file = join(runtime.root, "etc/oroboros/worker.env");
    const good = readFileSync(file, "utf8");
    try {
      writeFileSync(file, good.replace("app_preview_{slot}", "app_preview_2"));
      const { exitCode, json } = await runtime.cli("db", "migrate", "--slot", "preview-1", "--dry-run");
      expect(json).toMatchObject({ ok: false, error: { code: "slot_database_mismatch" } });
      expect(JSON.stringify(json)).toContain("PREVIEW_BACKEND_DATABASE_URL_TEMPLATE");
      expect(exitCode).toBe(3);
    } finally {
      writeFileSync(file, good);
    }
  });

  test("a worker.env with variables missing or wrong, all of them named at once", async () => {
    const file = join(runtime.root, "etc/oroboros/worker.env");
    const good = readFileSync(file, "utf8");
    try {
      writeFileSync(file, 'SLOT_IDS_CSV="preview-1"\nWORKER_HEALTH_PORT="soon"\n');
      const { exitCode, json } = await runtime.cli("db", "migrate", "--slot", "preview-1", "--dry-run");
      const { error } = json as { error: { code: string; message: string } };
      expect(error.code).toBe("invalid_environment");
      for (const name of ["DATABASE_URL", "WORKER_HEALTH_PORT", "SLOT_DATABASE_PASSWORD_KEY"])
        expect(error.message).toContain(name);
      expect(exitCode).toBe(2);
    } finally {
      writeFileSync(file, good);
    }
  });

  test("a start where an installation already runs, which it leaves running", async () => {
    const { exitCode, json } = await runtime.cli("runtime", "up", "--port-offset", String(OFFSET));
    expect(json).toMatchObject({ ok: false, error: { code: "already_running" } });
    expect(exitCode).toBe(5);
    expect((await runtime.api("/health")).status).toBe(200);
  });

  test("a new installation on taken ports, naming them and who holds them, and leaving nothing", async () => {
    const root = `${runtime.root}-other`;
    const { exitCode, json } = await runScript("scripts/oroboros", [
      "runtime",
      "up",
      "--json",
      "--root",
      root,
      "--port-offset",
      String(OFFSET),
    ]);
    const { error } = json as { error: { code: string; message: string; hint: string } };
    expect(error.code).toBe("port_taken");
    expect(error.message).toMatch(new RegExp(`${8_000 + OFFSET} \\(api\\) by node with pid [0-9]+`));
    expect(error.hint).toContain("--port-offset");
    expect(exitCode).toBe(5);
    expect(existsSync(root)).toBe(false);
    expect((await runtime.api("/health")).status).toBe(200);
  });
});
