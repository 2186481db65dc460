import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import {
  claimSlot,
  createRun,
  findToken,
  migrateControlStore,
  openControlStore,
  provisionSlots,
  revokeToken,
} from "@oroboros/control-store";
import { hashToken } from "@oroboros/host";
import {
  defineContract,
  etcPath,
  parseEnvFile,
  repoPath,
  serializeEnvFile,
  slotIds,
  workerPort,
  type RunId,
  type RuntimeContract,
} from "@oroboros/slot-contract";
import { installationEnvironment } from "@oroboros/slot-contract/environments";
import {
  freePort,
  queryRows,
  scratchGitRepo,
  startPostgres,
  takePortOffset,
  type ScratchGitRepo,
  type TestPostgres,
} from "@oroboros/test-support";
import { afterAll, beforeAll, expect, test } from "vitest";
import { oneObject, runHere } from "./testing/run-here.ts";
import { runProcess } from "./testing/run-process.ts";

const MANIFEST = {
  name: "tiny",
  frontend: {},
  backend: { start: ["node", "server.js"] },
  database: { migrations: "sql", seeds: { v1: "seeds/v1.sql" } },
};

/** An installation with one slot: its files and control database are real, its services do not run. */
let postgres: TestPostgres;
let repository: ScratchGitRepo;
let store: ReturnType<typeof openControlStore>;
let root: string;
let portOffset: number;
let holder: RunId;

beforeAll(async () => {
  [postgres, repository] = await Promise.all([startPostgres(), scratchGitRepo()]);
  const files = {
    "oroboros.app.json": JSON.stringify(MANIFEST),
    "sql/001_items.sql": "select 1;",
    "seeds/v1.sql": "select 1;",
  };
  await repository.commit(files, "start");
  root = join(repository.path, "installation");
  portOffset = await takePortOffset();
  await install();
  const contract = aContract();
  await mkdir(dirname(repoPath(contract)), { recursive: true });
  await repository.git("clone", "--quiet", "--bare", repository.path, repoPath(contract));
  store = openControlStore({ databaseUrl: postgres.superuserUrl(), onError: () => undefined });
  await migrateControlStore(store.db);
  await provisionSlots(store.db, slotIds(contract));
  holder = await queuedRun("the holder");
  await claimSlot(store.db, { runId: holder, ttlSeconds: 600 });
});
afterAll(async () => {
  await store?.close();
  await Promise.all([postgres?.stop(), repository?.[Symbol.asyncDispose]()]);
});

async function install(changed: Record<string, string> = {}): Promise<void> {
  const contract = aContract();
  await mkdir(etcPath(contract), { recursive: true });
  const variables = {
    ...installationEnvironment(contract),
    DATABASE_URL: postgres.superuserUrl(),
    WORKER_POLL_INTERVAL_SECONDS: "5",
    WORKER_HEALTH_PORT: String(workerPort(contract)),
    PREVIEW_BACKEND_DATABASE_URL_TEMPLATE: `postgresql+psycopg://slot@127.0.0.1:${postgres.port}/app_preview_{slot}`,
    SLOT_DATABASE_PASSWORD_KEY: "ab".repeat(32),
    ...changed,
  };
  await writeFile(`${etcPath(contract)}/worker.env`, serializeEnvFile(variables));
}

const aContract = (): RuntimeContract => defineContract({ root, slotCount: 1, portOffset });

const queuedRun = async (title: string): Promise<RunId> =>
  (await createRun(store.db, { title, prompt: "", branch: "main", commitSha: null, createdBy: null })).runId;

const run = async (...argv: string[]): Promise<{ exitCode: number; answer: Record<string, unknown> }> => {
  const { exitCode, stdout } = await runHere([...argv, "--root", root]);
  return { exitCode, answer: oneObject(stdout) };
};

test("a new token is printed once and stored as a hash only", async () => {
  const result = await runProcess(["token", "create", "--role", "agent", "--label", "ci", "--root", root]);
  const answer = oneObject(result.stdout);
  expect(answer).toMatchObject({
    ok: true,
    command: "token create",
    role: "agent",
    label: "ci",
    token: expect.stringMatching(/^oro_/),
  });
  expect(await findToken(store.db, hashToken(String(answer["token"])))).toMatchObject({ role: "agent", label: "ci" });
  expect(result).toMatchObject({ exitCode: 0, stderr: "" });
});

test("an operator's own PG variables lead a command nowhere else", async () => {
  const elsewhere = { PGHOST: "10.0.0.9", PGPORT: "1", PGDATABASE: "production", PGUSER: "evil", PGPASSWORD: "evil" };
  const beside = { PGOPTIONS: "-csearch_path=evil", PGSSLMODE: "require", PGSERVICE: "evil", PGPASSFILE: "/nowhere" };
  const result = await runProcess(["token", "list", "--root", root], { ...elsewhere, ...beside });
  expect(result).toMatchObject({ exitCode: 0, stderr: "" });
});

test("a token is listed without its text, revoked by its id, and a second time already so", async () => {
  const { answer: made } = await run("token", "create", "--role", "viewer", "--label", "to be revoked");
  const listed = async () => {
    const { answer } = await run("token", "list");
    expect(JSON.stringify(answer)).not.toContain(String(made["token"]));
    expect(JSON.stringify(answer)).not.toContain(hashToken(String(made["token"])));
    return (answer["tokens"] as Record<string, unknown>[]).find(({ token_id: id }) => id === made["token_id"]);
  };
  expect(await listed()).toMatchObject({ label: "to be revoked", role: "viewer", revoked_at: null });
  const id = String(made["token_id"]);
  expect(await run("token", "revoke", id)).toMatchObject({ exitCode: 0, answer: { ok: true, already: false } });
  expect(await findToken(store.db, hashToken(String(made["token"])))).toBeUndefined();
  expect(await listed()).toMatchObject({ revoked_at: expect.any(String) });
  expect(await run("token", "revoke", id)).toMatchObject({ exitCode: 0, answer: { ok: true, already: true } });
});

test.each([
  ["999999", "token_not_found", 1],
  ["0", "invalid_request", 2],
  ["1 or 1=1", "invalid_request", 2],
  ["oro_the-text-of-a-token", "invalid_request", 2],
])("the token %s is not revoked: %s", async (id, code, exitCode) => {
  const revoked = await run("token", "revoke", id);
  expect(revoked).toMatchObject({ exitCode, answer: { ok: false, error: { code } } });
  expect(JSON.stringify(revoked)).not.toContain("oro_the-text");
});

const cliEnv = (): string => `${etcPath(aContract())}/cli.env`;
const cliVariables = async (): Promise<Record<string, string>> => parseEnvFile(await readFile(cliEnv(), "utf8"));

async function ownTokens(): Promise<{ operator: Record<string, unknown>; agent: Record<string, unknown> }> {
  const { answer: operator } = await run("token", "create", "--role", "operator", "--label", "installation: operator");
  const { answer: agent } = await run("token", "create", "--role", "agent", "--label", "installation: agent");
  const variables = {
    OROBOROS_API_URL: "http://127.0.0.1:8000",
    OROBOROS_TOKEN: String(operator["token"]),
    OROBOROS_AGENT_TOKEN: String(agent["token"]),
    OROBOROS_NOTE: "somebody's own",
  };
  await writeFile(cliEnv(), serializeEnvFile(variables), { mode: 0o600 });
  return { operator, agent };
}

test("revoking the installation's own token leaves its command line with another one, and says so without its text", async () => {
  const { operator, agent } = await ownTokens();
  const id = String(operator["token_id"]);
  const { answer } = await run("token", "revoke", id);
  const { OROBOROS_TOKEN: renewed = "", ...others } = await cliVariables();
  expect(answer).toMatchObject({
    ok: true,
    already: false,
    renewed: [{ variable: "OROBOROS_TOKEN", role: "operator" }],
  });
  expect(JSON.stringify(answer)).not.toContain(renewed);
  expect(await findToken(store.db, hashToken(String(operator["token"])))).toBeUndefined();
  expect(await findToken(store.db, hashToken(renewed))).toMatchObject({ role: "operator" });
  expect(others).toEqual({
    OROBOROS_API_URL: "http://127.0.0.1:8000",
    OROBOROS_AGENT_TOKEN: agent["token"],
    OROBOROS_NOTE: "somebody's own",
  });
  expect((await stat(cliEnv())).mode & 0o777).toBe(0o600);
  expect(await run("token", "revoke", id)).toMatchObject({ answer: { already: true, renewed: [] } });
});

test("a revocation that was killed before the new token was written is completed when it is typed again", async () => {
  const { agent } = await ownTokens();
  const id = String(agent["token_id"]);
  await revokeToken(store.db, id);
  expect((await run("token", "revoke", id)).answer).toMatchObject({ already: true, renewed: [{ role: "agent" }] });
  const { OROBOROS_AGENT_TOKEN: renewed = "" } = await cliVariables();
  expect(await findToken(store.db, hashToken(renewed))).toMatchObject({ role: "agent" });
});

test("a token of somebody else's is revoked without touching cli.env; the one of this shell is named", async () => {
  await ownTokens();
  const before = await readFile(cliEnv(), "utf8");
  const { answer: made } = await run("token", "create", "--role", "operator", "--label", "a shell's");
  const revoked = await runHere(["token", "revoke", String(made["token_id"]), "--root", root], {
    OROBOROS_TOKEN: String(made["token"]),
  });
  expect(oneObject(revoked.stdout)).toMatchObject({ renewed: [], next: expect.stringContaining("OROBOROS_TOKEN") });
  expect(await readFile(cliEnv(), "utf8")).toBe(before);
});

test("the audit log is listed, and verified up to a head that was noted", async () => {
  const { answer: verified, exitCode } = await run("audit", "verify");
  expect({ exitCode, verified }).toMatchObject({
    exitCode: 0,
    verified: { ok: true, first_bad_seq: null, head_hash: expect.stringMatching(/^[0-9a-f]{64}$/) },
  });
  const { answer } = await run("audit", "list", "--run-id", holder, "--limit", "2");
  expect(answer["entries"]).toMatchObject([{ run_id: holder }, { run_id: holder, hash: expect.any(String) }]);
  await run("token", "create", "--role", "viewer", "--label", "later");
  const head = String(verified["head_hash"]);
  expect(await run("audit", "verify", "--expect-head", head)).toMatchObject({ exitCode: 0 });
  const other = await run("audit", "verify", "--expect-head", "0".repeat(64));
  expect(other).toMatchObject({ exitCode: 4, answer: { ok: false, error: { code: "audit_broken" } } });
  expect(await run("audit", "verify", "--expect-head", "x")).toMatchObject({ exitCode: 2 });
  expect(await run("audit", "list", "--limit", "0")).toMatchObject({ exitCode: 2 });
});

test("a person reads in the audit log who did what to which thing", async () => {
  const { answer: made } = await run("token", "create", "--role", "viewer", "--label", "for a table");
  const { stdout } = await runHere(["audit", "list", "--root", root], { NO_COLOR: "1" }, { isTerminal: true });
  const [heading = "", ...rows] = stdout.trimEnd().split("\n");
  expect(heading).toMatch(/^SEQ +WHEN +WHO +WHAT +TO WHICH THING +DETAIL$/);
  const tokenRow = `host:uid=0 +token_created +token ${String(made["token_id"])} +(role=viewer label=for a table|label=for a table role=viewer)$`;
  expect(rows.at(-1)).toMatch(new RegExp(tokenRow));
  expect(stdout).toMatch(new RegExp(`lease_acquired +run ${holder}, preview-1 +`));
  expect(Math.max(...rows.map((row) => row.length))).toBeLessThan(220);
});

test("a row of the audit log that somebody edited is named, with exit 4", async () => {
  const edit = (action: string) =>
    queryRows(
      postgres.superuserUrl(),
      "set session_replication_role = replica",
      `update audit_log set action = '${action}' where seq = 2`,
    );
  const [, second] = (await run("audit", "list", "--limit", "9999")).answer["entries"] as { action: string }[];
  await edit("run_approved");
  expect(await run("audit", "verify")).toMatchObject({
    exitCode: 4,
    answer: {
      ok: false,
      first_bad_seq: "2",
      error: { code: "audit_broken", message: expect.stringContaining("row 2") },
    },
  });
  await edit(second?.action ?? "");
  expect(await run("audit", "verify")).toMatchObject({ exitCode: 0 });
});

test("with every slot held an allocation waits, says at which position, and exits 5", async () => {
  await queuedRun("first in the queue");
  const second = await queuedRun("second in the queue");
  const { answer, exitCode } = await run(
    "slots",
    "allocate",
    "--run-id",
    second,
    "--seed-version",
    "v1",
    "--strategy",
    "seed",
  );
  expect(answer).toMatchObject({
    ok: false,
    acquired: false,
    queue_reason: "WAITING_FOR_SLOT",
    queue_position: 2,
    error: { code: "no_free_slot", message: expect.stringContaining("position 2") },
  });
  expect(exitCode).toBe(5);
});

test("a dry run may name no run at all and changes nothing", async () => {
  const { answer, exitCode } = await run(
    "slots",
    "allocate",
    "--run-id",
    "dry-run",
    "--seed-version",
    "v1",
    "--dry-run",
  );
  expect(answer).toMatchObject({ ok: true, dry_run: true, free_slots: [] });
  expect(exitCode).toBe(0);
  const reset = await run(
    "db",
    "reset-and-seed",
    "--slot",
    "preview1",
    "--run-id",
    "dry-run",
    "--seed-version",
    "v1",
    "--dry-run",
  );
  expect(reset.answer).toMatchObject({
    ok: true,
    dry_run: true,
    slot_id: "preview-1",
    db_name: "app_preview_1",
    plan: expect.arrayContaining([`preview-1 is held by run ${holder}: needs --run-id ${holder} or --force`]),
  });
  const forced = await run(
    "db",
    "reset-and-seed",
    "--slot",
    "preview1",
    "--force",
    "--seed-version",
    "v1",
    "--dry-run",
  );
  expect(forced.answer).toMatchObject({
    ok: true,
    dry_run: true,
    plan: ["apply 001_items.sql of main", "apply seed v1", "swap it in as app_preview_1"],
  });
});

test.each([["reset"], ["reset-and-seed", "--seed-version", "v1"], ["migrate"], ["seed", "--seed-version", "v1"]])(
  "db %s leaves a slot alone that a run holds",
  async (...verb) => {
    const { answer, exitCode } = await run("db", ...verb, "--slot", "preview-1");
    expect(answer).toMatchObject({ ok: false, error: { code: "lease_held", hint: expect.stringContaining(holder) } });
    expect(exitCode).toBe(5);
  },
);

test.each([
  ["db", "reset"],
  ["db", "migrate"],
  ["backend", "restart"],
])("%s %s of a slot this host does not have is exit 2", async (...words) => {
  const { answer, exitCode } = await run(...words, "--slot", "preview-2");
  expect(answer).toMatchObject({
    ok: false,
    error: {
      code: "invalid_slot",
      message: expect.stringContaining("--slot can not be"),
      hint: "Use one of: preview-1.",
    },
  });
  expect(exitCode).toBe(2);
});

test("snapshots are listed as items, as the api lists them", async () => {
  const { answer, exitCode } = await run("db", "snapshot", "list");
  expect(answer).toEqual({ ok: true, command: "db snapshot list", items: [] });
  expect(exitCode).toBe(0);
});

test("a seed that main does not declare is missing", async () => {
  const { answer, exitCode } = await run(
    "db",
    "seed",
    "--slot",
    "preview-1",
    "--seed-version",
    "v9",
    "--run-id",
    holder,
  );
  expect(answer).toMatchObject({ ok: false, error: { code: "seed_not_found" } });
  expect(exitCode).toBe(1);
});

test("services that are down make the slots unhealthy, one line for each check", async () => {
  const { answer, exitCode } = await run("slots", "health-check");
  expect(answer).toMatchObject({
    ok: false,
    error: { code: "gate_failed" },
    control_database: null,
    slots: [
      { slot_id: "preview-1", state: "held", checks: [{ name: "surface" }, { name: "backend" }, { name: "api" }] },
    ],
  });
  expect(exitCode).toBe(4);
});

test("a backend whose supervisor is not running is reported in the documents' form", async () => {
  const { answer, exitCode } = await run("backend", "status", "--slot", "preview1");
  expect(answer).toMatchObject({
    ok: false,
    command: "status",
    slot_id: "preview-1",
    reason: "unreachable",
    error: { code: "unreachable" },
  });
  expect(exitCode).toBe(1);
});

test("a template that points at another server is refused before anything happens, and its password is not printed", async () => {
  await install({ PREVIEW_BACKEND_DATABASE_URL_TEMPLATE: "postgresql://slot:s3cret@10.0.0.1:5432/app_preview_{slot}" });
  const { exitCode, stdout, stderr } = await runHere([
    "db",
    "reset",
    "--slot",
    "preview-1",
    "--run-id",
    holder,
    "--root",
    root,
  ]);
  expect(oneObject(stdout)).toMatchObject({ ok: false, error: { code: "host_mismatch" } });
  expect(exitCode).toBe(3);
  expect(stdout + stderr).not.toContain("s3cret");
});

test("a database server that is down is unreachable, and nobody's password is printed", async () => {
  const url = `postgresql://postgres:s3cret@127.0.0.1:${await freePort()}/builder_control`;
  await install({ DATABASE_URL: url });
  const { exitCode, stdout, stderr } = await runHere([
    "token",
    "create",
    "--role",
    "viewer",
    "--label",
    "x",
    "--root",
    root,
  ]);
  expect(oneObject(stdout)).toMatchObject({ ok: false, error: { code: "unreachable" } });
  expect(exitCode).toBe(1);
  expect(stdout + stderr).not.toContain("s3cret");
});

test("the slots' health is told while the database server is down, and that it is", async () => {
  await install({ DATABASE_URL: `postgresql://postgres:s3cret@127.0.0.1:${await freePort()}/builder_control` });
  const { exitCode, stdout, stderr } = await runHere(["slots", "health-check", "--root", root]);
  expect(oneObject(stdout)).toMatchObject({
    ok: false,
    error: { code: "gate_failed", message: expect.stringContaining("control database") },
    control_database: expect.stringContaining("ECONNREFUSED"),
    slots: [{ slot_id: "preview-1", state: "unknown" }],
  });
  expect(exitCode).toBe(4);
  expect(stdout + stderr).not.toContain("s3cret");
});

test("a worker.env that lacks variables names all of them", async () => {
  await writeFile(join(root, "etc/oroboros/worker.env"), 'OROBOROS_ROOT="/x"\n');
  const { answer, exitCode } = await run("db", "migrate", "--slot", "preview-1");
  expect(answer).toMatchObject({
    error: { code: "invalid_environment", message: expect.stringMatching(/DATABASE_URL.*WORKER_HEALTH_PORT/) },
  });
  expect(exitCode).toBe(2);
});
