import { existsSync } from "node:fs";
import {
  commandsOf,
  endOfRun,
  openMachine,
  showRun,
  startRuntime,
  tinyApp,
  type Runtime,
  type TinyApp,
} from "@oroboros/test-runtime";
import { eventually, freePort, takePortOffset } from "@oroboros/test-support";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";

const PORT_OFFSET = await takePortOffset();
const BRANCH = "feature/growing";
const DEADLINE = { deadlineMs: 120_000 };

/** Builds a page that names its one asset by content, and backs it with a database that can be written to. */
const BUILD = (text: string): string => `
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync, readFileSync } from "node:fs";
const installed = readFileSync("node_modules/marker/installed", "utf8");
mkdirSync("dist/assets", { recursive: true });
const script = "document.title = " + JSON.stringify(${JSON.stringify(text)});
const name = "app-" + createHash("sha256").update(script).digest("hex").slice(0, 12).toUpperCase() + ".js";
writeFileSync("dist/assets/" + name, script);
writeFileSync("dist/index.html", "<!doctype html><title>" + ${JSON.stringify(text)} + "</title><script src=assets/" + name + "></script>");
console.log("built", ${JSON.stringify(text)}, "with what was installed at", installed);
`;
const INSTALL = `
import { mkdirSync, writeFileSync } from "node:fs";
mkdirSync("node_modules/marker", { recursive: true });
writeFileSync("node_modules/marker/installed", process.cwd());
console.log("installed into", process.cwd());
`;

type Change = (app: TinyApp & { text: string }) => void;

function growingApp(change: Change = () => undefined): Record<string, string> {
  const tiny = { text: "first" };
  return tinyApp((app) => {
    app.manifest.frontend.install = ["node", "install.mjs"];
    app.files["web/package.json"] = '{"name":"web"}';
    app.files["web/install.mjs"] = INSTALL;
    const grown = Object.assign(app, tiny);
    change(grown);
    app.files["web/build.mjs"] ??= "";
    if (app.files["web/build.mjs"].includes("tiny page")) app.files["web/build.mjs"] = BUILD(grown.text);
  });
}

interface Attempt {
  attempt: number;
  status: string;
  commit_sha: string;
  failure_reason_code: string | null;
  failure_message: string | null;
}

let runtime: Runtime;
let runId: string;
let slot: string;
let frontendUrl: string;

beforeAll(async () => {
  runtime = await startRuntime({ portOffset: PORT_OFFSET, main: growingApp() });
  await runtime.pushBranch(BRANCH, growingApp());
  const run = await endOfRun(runtime, { title: "growing", branch: BRANCH });
  expect(run.failure_message).toBeNull();
  runId = run.run_id;
  slot = String(run.slot_id);
  frontendUrl = String(run.frontend_url);
});
afterAll(() => runtime?.stop());

async function publishAgain(change: Change): Promise<Attempt> {
  await runtime.pushBranch(BRANCH, growingApp(change));
  const done = await runtime.cli("runs", "publish", runId, "--wait", "--wait-seconds", "240");
  return done.json as unknown as Attempt;
}

async function stepsOf(attempt: number): Promise<{ worked: string[]; reused: string[] }> {
  const { body } = await runtime.api(`/api/runs/${runId}/events?limit=1000`);
  const { items } = body as { items: { event_type: string; detail: { attempt?: number; step?: string } }[] };
  const named = (type: string): string[] =>
    items
      .filter(({ event_type, detail }) => event_type === type && detail.attempt === attempt)
      .map(({ detail }) => String(detail.step));
  return { worked: named("step_started"), reused: named("step_reused") };
}

const page = async (): Promise<string> => (await fetch(`${frontendUrl}/`)).text();
const health = async (): Promise<{ pid: number; database: string }> =>
  (await (await fetch(`${frontendUrl}/api/health`)).json()) as { pid: number; database: string };
const backend = async (): Promise<Record<string, unknown>> =>
  (await runtime.cli("backend", "status", "--slot", slot)).json;

describe("a live run that is published again", () => {
  test("with another frontend installs nothing, migrates nothing and keeps its backend", async () => {
    const before = await health();
    const attempt = await publishAgain((app) => (app.text = "second"));
    expect(attempt).toMatchObject({ ok: true, attempt: 2, status: "succeeded", database: "kept" });
    expect(await page()).toContain("<title>second");
    expect((await health()).pid).toBe(before.pid);
    expect(await stepsOf(2)).toEqual({
      worked: ["checkout", "frontend_publish", "readiness", "smoke"],
      reused: ["dependency_sync", "database_reset", "migration", "backend_restart"],
    });
    const log = await artifact("preview_publish_log", 2);
    expect(log).not.toContain("installed into");
    expect(log).toMatch(/built second with what was installed at .*-1\/web/);
  });

  test("keeps its state, and stands at the new commit", async () => {
    const run = await showRun(runtime, runId);
    expect(run.status).toBe("needs_approval");
    expect(run.commit_sha).toBe(run.attempts.at(-1)?.commit_sha);
  });

  test("with nothing changed does nothing but look", async () => {
    const before = await health();
    const done = await runtime.cli("runs", "publish", runId, "--wait");
    expect(done.json).toMatchObject({ ok: true, attempt: 3, status: "succeeded" });
    expect((await stepsOf(3)).worked).toEqual(["readiness", "smoke"]);
    expect((await health()).pid).toBe(before.pid);
  });

  test("with another backend restarts it alone", async () => {
    const before = await health();
    const attempt = await publishAgain((app) => {
      app.text = "second";
      app.files["server/server.mjs"] += "// changed\n";
    });
    expect(attempt).toMatchObject({ status: "succeeded" });
    expect((await health()).pid).not.toBe(before.pid);
    expect((await stepsOf(attempt.attempt)).reused).toEqual(["frontend_publish", "database_reset", "migration"]);
    expect(await page()).toContain("<title>second");
  });

  test("with another lockfile installs again", async () => {
    const attempt = await publishAgain((app) => {
      app.text = "second";
      app.files["server/server.mjs"] += "// changed\n";
      app.files["web/package.json"] = '{"name":"web","version":"2.0.0"}';
    });
    expect(attempt).toMatchObject({ status: "succeeded" });
    expect(await artifact("preview_publish_log", attempt.attempt)).toContain("installed into");
  });

  test("with another migration gets a fresh database from main, and all of the branch's migrations", async () => {
    const attempt = await publishAgain((app) => {
      app.text = "third";
      app.files["migrations/0002_more.sql"] = "alter table notes add column more text default 'more';\n";
    });
    expect(attempt).toMatchObject({ status: "succeeded", database: "reset" });
    expect((await stepsOf(attempt.attempt)).worked).toContain("database_reset");
    expect(await artifact("preview_migration_log", attempt.attempt)).toContain("0002_more.sql");
    expect(await artifact("preview_database_reset_log", attempt.attempt)).toContain('"kept":true');
  });
});

describe("a live run whose next publish fails", () => {
  const base: Change = (app) => {
    app.text = "third";
    app.files["migrations/0002_more.sql"] = "alter table notes add column more text default 'more';\n";
  };

  test.each<[string, string, Change, boolean]>([
    ["build", "CHECKS_FAILED", (app) => (app.files["web/build.mjs"] = "throw new Error('no build today')"), true],
    [
      "migration",
      "MIGRATION_FAILED",
      (app) => (app.files["migrations/0003_wrong.sql"] = "alter table nowhere add column x int;\n"),
      false,
    ],
    ["start", "CHECKS_FAILED", (app) => (app.files["server/server.mjs"] = "process.exit(7)"), false],
    [
      "smoke",
      "CHECKS_FAILED",
      (app) =>
        (app.files["server/server.mjs"] = String(app.files["server/server.mjs"]).replace(
          "heartbeat_updated: true",
          "heartbeat_updated: false",
        )),
      false,
    ],
    [
      "smoke with another database",
      "CHECKS_FAILED",
      (app) => {
        app.files["migrations/0003_fine.sql"] = "create table fine (id int);\n";
        app.files["server/server.mjs"] = String(app.files["server/server.mjs"]).replace(
          "heartbeat_updated: true",
          "heartbeat_updated: false",
        );
      },
      false,
    ],
  ])("at %s serves what it served, and its run stays", async (_step, reason, change, keepsBackend) => {
    const before = await health();
    const worktree = (await backend())["worktree_path"];
    const served = await page();
    const { commit_sha } = await showRun(runtime, runId);
    const attempt = await publishAgain((app) => {
      base(app);
      app.text = "broken";
      change(app);
    });
    expect(attempt).toMatchObject({ ok: false, status: "failed", failure_reason_code: reason });
    expect(await showRun(runtime, runId)).toMatchObject({ status: "needs_approval", commit_sha });
    expect(await page()).toBe(served);
    const after = await health();
    expect(after.database).toBe(before.database);
    expect(after.pid === before.pid).toBe(keepsBackend);
    expect((await backend())["worktree_path"]).toBe(worktree);
    expect((await fetch(`${frontendUrl}/api/slots`)).status).toBe(200);
    const left = `${String(worktree).slice(0, String(worktree).lastIndexOf("/"))}/${runId}-${attempt.attempt}`;
    expect(existsSync(left)).toBe(false);
  });

  test("is published again at the next attempt", async () => {
    const attempt = await publishAgain((app) => {
      base(app);
      app.text = "fourth";
    });
    expect(attempt).toMatchObject({ ok: true, status: "succeeded" });
    expect(await page()).toContain("<title>fourth");
  });
});

test("a run that is not live can not be published again", async () => {
  const failed = await runtime.api(`/api/runs/${runId}/cancel`, { method: "POST", body: "{}" });
  expect(failed.status).toBe(200);
  const answer = await runtime.cli("runs", "publish", runId);
  expect(answer.json).toMatchObject({ ok: false, error: { code: "invalid_transition" } });
  expect(answer.exitCode).toBe(3);
});

test("a publish whose worker is killed in the middle is done by the next worker", async () => {
  await runtime.pushBranch(BRANCH, growingApp());
  const run = await endOfRun(runtime, { title: "killed", branch: BRANCH });
  expect(run.status).toBe("needs_approval");
  await runtime.pushBranch(
    BRANCH,
    growingApp((app) => {
      app.files["web/build.mjs"] = `${HANGS_ONCE}\n${BUILD("after the kill")}`;
    }),
  );
  await runtime.cli("runs", "publish", run.run_id);
  await eventually(async () => {
    const { body } = await runtime.api(`/api/runs/${run.run_id}/events?limit=1000`);
    const { items } = body as { items: { event_type: string; detail: { attempt?: number; step?: string } }[] };
    return items.some(
      ({ event_type, detail }) =>
        event_type === "step_started" && detail.attempt === 2 && detail.step === "frontend_publish",
    );
  }, DEADLINE);
  const machine = openMachine(runtime, PORT_OFFSET);
  // Killed before it hangs, the next worker's build would be the first.
  const { directories } = machine.slot(run.slot_id ?? "");
  await eventually(() => directories.some((path) => existsSync(`${path}/hung`)), DEADLINE);
  const workers = commandsOf(machine.controlUid).filter(({ command }) =>
    command.includes(`${runtime.root}/srv/oroboros/current/apps/worker.js`),
  );
  expect(workers).toHaveLength(1);
  for (const { pid } of workers) process.kill(pid, "SIGKILL");
  const next = await machine.startWorker({ WORKER_HEALTH_PORT: String(await freePort()) });
  onTestFinished(async () => {
    next.kill("SIGTERM");
    await next.exited;
  });
  const done = await eventually(async () => {
    const { attempts } = await showRun(runtime, run.run_id);
    return attempts.find(({ attempt, status }) => attempt === 2 && status !== "running" && status !== "requested");
  }, DEADLINE);
  expect(done.status).toBe("succeeded");
  expect(await (await fetch(String(run.frontend_url))).text()).toContain("after the kill");
});

async function artifact(type: string, attempt: number): Promise<string> {
  const { artifacts } = await showRun(runtime, runId);
  const found = artifacts.find((each) => each.artifact_type === type && each.attempt === attempt);
  const { body } = await runtime.api(
    `/api/runs/${runId}/artifacts/content?${new URLSearchParams({ uri: String(found?.uri) })}`,
  );
  return String(body);
}

/** The first build of it never ends; one that comes later goes on. */
const HANGS_ONCE = `
import { existsSync, writeFileSync as note } from "node:fs";
const marker = process.env.HOME + "/hung";
if (!existsSync(marker)) {
  note(marker, "");
  setInterval(() => {}, 60_000);
  await new Promise(() => {});
}`;
