import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { loopbackUrl, type Environment } from "@oroboros/slot-contract";
import { eventually, freePort, startPostgres, type TestPostgres } from "@oroboros/test-support";
import { Client } from "pg";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";

const RUN_ID = "11111111-1111-4111-8111-111111111111";
const COMMIT = "c0".repeat(20);

// A server of its own: the slot's database has a fixed name, and one test throws its sessions out.
let postgres: TestPostgres;

beforeAll(async () => {
  postgres = await startPostgres();
  await inDatabase("postgres", "create database app_preview_1");
  await inDatabase("app_preview_1", "create schema oroboros");
  await inDatabase(
    "app_preview_1",
    "create table oroboros.slot_lease (slot_id text primary key, run_id uuid, lease_epoch bigint, heartbeat_at timestamptz)",
  );
  await inDatabase("app_preview_1", `insert into oroboros.slot_lease values ('preview-1', '${RUN_ID}', 7)`);
});
afterAll(() => postgres?.stop());

async function inDatabase(database: string, text: string): Promise<void> {
  const client = new Client({ connectionString: postgres.superuserUrl(database) });
  await client.connect();
  await client.query(text);
  await client.end();
}

function start(environment: Environment, ...args: string[]) {
  const argv = ["--conditions=oroboros-source", join(import.meta.dirname, "../main.ts"), ...args];
  const child = spawn(process.execPath, argv, { env: environment, stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  // Not its exit: what it has printed may still be on its way then.
  const exit = once(child, "close").then(([code]) => code as number | null);
  const firstLine = once(createInterface(child.stderr), "line").then(([line]) => JSON.parse(String(line)) as object);
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  return { exit, firstLine, output: () => output, stop: () => void child.kill("SIGTERM") };
}

async function aSlotBackend(change: Environment = {}) {
  const port = await freePort();
  const environment = {
    SLOT_ID: "preview-1",
    SLOT_NUM: "1",
    SLOT_BACKEND_PORT: String(port),
    SLOT_DB_NAME: "app_preview_1",
    SLOT_WORKTREE_PATH: "/nowhere",
    SLOT_COMMIT_SHA: COMMIT,
    DATABASE_URL: postgres.superuserUrl("app_preview_1"),
    CORS_ALLOWED_ORIGINS: "",
    ...change,
  };
  const child = start(environment, "--slot-backend");
  return { ...child, url: loopbackUrl(port), firstLine: await child.firstLine };
}

test("in slot mode the api answers for its slot, from the slot's database, and ends on SIGTERM with 0", async () => {
  const backend = await aSlotBackend();
  expect(backend.firstLine).toMatchObject({ message: "the api listens", mode: "slot-backend" });
  const health = await fetch(`${backend.url}/api/health`);
  expect(health.headers.get("x-oroboros-slot")).toBe("preview-1");
  expect(await health.json()).toMatchObject({ status: "ok", slot_id: "preview-1", commit_sha: COMMIT });
  const heartbeat = await fetch(`${backend.url}/api/slots/preview-1/heartbeat`, {
    method: "POST",
    body: JSON.stringify({ run_id: RUN_ID }),
  });
  expect(await heartbeat.json()).toMatchObject({ heartbeat_updated: true });
  expect(await (await fetch(`${backend.url}/api/slots`)).json()).toMatchObject([{ run_id: RUN_ID, lease_epoch: "7" }]);
  backend.stop();
  expect(await backend.exit).toBe(0);
});

test.each(["/", "/api/runs", "/api/worktrees", "/health/ready", "/docs"])(
  "in slot mode nothing of the control plane is there: %s",
  async (path) => {
    const { url } = await aSlotBackend();
    const answer = await fetch(url + path, { headers: { authorization: "Bearer oro_token-of-somebody" } });
    expect(answer.status).toBe(404);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(await answer.json()).toMatchObject({ code: "route_not_found", hint: expect.stringMatching(/runs create/) });
  },
);

test("in slot mode a database that is replaced under the api costs no more than the answers of that moment", async () => {
  const { url } = await aSlotBackend();
  expect((await fetch(`${url}/api/slots`)).status).toBe(200);
  await inDatabase(
    "postgres",
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = 'app_preview_1'",
  );
  await eventually(async () => (await fetch(`${url}/api/slots`)).status === 200, { deadlineMs: 60_000 });
  expect((await fetch(`${url}/health`)).status).toBe(200);
});

test("in slot mode the api refuses another slot's database, and a mode that it does not have", async () => {
  const wrong = await aSlotBackend({ DATABASE_URL: "postgresql://x:swordfish@127.0.0.1:1/app_preview_2" });
  expect(wrong.firstLine).toMatchObject({ level: "fatal", code: "slot_database_mismatch" });
  expect(JSON.stringify(wrong.firstLine)).not.toContain("swordfish");
  expect(await wrong.exit).toBe(3);
  const unknown = start({}, "--slotbackend");
  expect(await unknown.firstLine).toMatchObject({ code: "invalid_request", hint: expect.stringMatching(/--help/) });
  expect(await unknown.exit).toBe(2);
});

test("--help names both modes and starts nothing", async () => {
  const help = start({}, "--help");
  expect(await help.exit).toBe(0);
  expect(help.output()).toContain("--slot-backend");
});
