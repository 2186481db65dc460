import { spawn } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { findLease, migrateControlStore, openControlStore, provisionSlots } from "@oroboros/control-store";
import {
  defineContract,
  etcPath,
  parseSlotId,
  repoPath,
  serializeEnvFile,
  slotIds,
  workerPort,
} from "@oroboros/slot-contract";
import { installationEnvironment } from "@oroboros/slot-contract/environments";
import { eventually, queryRows, scratchGitRepo, startPostgres } from "@oroboros/test-support";
import { expect, test } from "vitest";
import { oneObject } from "./testing/run-here.ts";

/** A server of its own is made, and the command line loads everything there is. */
const TIMEOUT_MS = 300_000;
const SOON = { deadlineMs: 120_000 };

const MANIFEST = {
  name: "tiny",
  frontend: {},
  backend: { start: ["node", "server.js"] },
  database: { migrations: "sql", seeds: { v1: "seeds/v1.sql" } },
};
/** What an installation makes of a server that it was told to use. */
const REGISTERED = "insert into slot_server (system_identifier) select system_identifier from pg_control_system()";
/** What everybody waits for who works on a slot's databases; see slot-lock.ts of db-safety. */
const SLOT_LOCK = "select pg_advisory_lock(hashtextextended('oroboros:reset:preview-1', 0))";

/** An installation with one free slot, on whose databases somebody else works and does not end. */
async function installation() {
  await using scope = new AsyncDisposableStack();
  const postgres = await startPostgres();
  scope.defer(() => postgres.stop());
  const repository = scope.use(await scratchGitRepo());
  const files = {
    "oroboros.app.json": JSON.stringify(MANIFEST),
    "sql/1.sql": "select 1;",
    "seeds/v1.sql": "select 1;",
  };
  await repository.commit(files, "start");
  const root = join(repository.path, "installation");
  const contract = defineContract({ root, slotCount: 1 });
  await mkdir(dirname(repoPath(contract)), { recursive: true });
  await repository.git("clone", "--quiet", "--bare", repository.path, repoPath(contract));
  const url = postgres.superuserUrl();
  const control = openControlStore({ databaseUrl: url, onError: () => undefined });
  scope.defer(() => control.close());
  await migrateControlStore(control.db);
  await provisionSlots(control.db, slotIds(contract));
  await queryRows(url, REGISTERED);
  await mkdir(etcPath(contract), { recursive: true });
  const variables = {
    ...installationEnvironment(contract),
    DATABASE_URL: url,
    WORKER_POLL_INTERVAL_SECONDS: "5",
    WORKER_HEALTH_PORT: String(workerPort(contract)),
    PREVIEW_BACKEND_DATABASE_URL_TEMPLATE: `postgresql://slot@127.0.0.1:${postgres.port}/app_preview_{slot}`,
    SLOT_DATABASE_PASSWORD_KEY: "ab".repeat(32),
  };
  await writeFile(`${etcPath(contract)}/worker.env`, serializeEnvFile(variables));
  const working = queryRows(url, SLOT_LOCK, "select pg_sleep(120)").catch(() => undefined);
  scope.defer(async () => {
    await queryRows(url, "select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep(120)'");
    await working;
  });
  await eventually(async () => (await advisory(url, "granted")).length > 0 || undefined, SOON);
  const lease = () => findLease(control.db, parseSlotId(contract, "preview-1"));
  return { root, lease, waiting: () => advisory(url, "not granted"), [Symbol.asyncDispose]: moved(scope) };
}

const moved = (scope: AsyncDisposableStack): (() => Promise<void>) => {
  const kept = scope.move();
  return () => kept.disposeAsync();
};

async function advisory(url: string, condition: string): Promise<unknown[]> {
  const [rows = []] = await queryRows(url, `select pid from pg_locks where locktype = 'advisory' and ${condition}`);
  return rows;
}

test.each([["SIGINT"], ["SIGTERM"]] as const)(
  "a reset that %s ends says so, and leaves its slot free",
  { timeout: TIMEOUT_MS },
  async (signal) => {
    await using installed = await installation();
    const argv = ["db", "reset-and-seed", "--slot", "preview-1", "--seed-version", "v1", "--root", installed.root];
    const main = join(import.meta.dirname, "main.ts");
    const child = spawn(process.execPath, ["--conditions=oroboros-source", main, ...argv], {
      env: {},
      stdio: ["ignore", "pipe", "pipe"],
    });
    const ended = new Promise<number | null>((resolve) => void child.once("exit", resolve));
    const written = Promise.all([text(child.stdout), text(child.stderr)]);
    await eventually(async () => (await installed.waiting()).length > 0 || undefined, SOON);
    expect(await installed.lease()).toMatchObject({ leaseState: "held", runId: null });
    child.kill(signal);
    const [stdout] = await written;
    expect(oneObject(stdout)).toMatchObject({
      ok: false,
      command: "db reset-and-seed",
      error: { code: "interrupted", hint: expect.stringContaining("oroboros db resets") },
    });
    expect(await ended).toBe(130);
    expect((await installed.lease()).leaseState).toBe("free");
  },
);
