import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { findLease, listSlots, releaseLease, requestAttempt } from "@oroboros/control-store";
import { slotDatabaseUrl } from "@oroboros/db-safety";
import { backendPort, corsAllowedOrigins, slotHome, slotWorktrees, type RunId } from "@oroboros/slot-contract";
import { eventually, queryRows } from "@oroboros/test-support";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Context } from "../context.ts";
import { resetDatabase } from "../database/reset-database.ts";
import { slotAccess } from "../database/slot-access.ts";
import { aRunningWorld, cancelHolder } from "../testing/a-running-world.ts";
import type { TestWorld } from "../testing/a-world.ts";
import { commandedApp, type CommandedApp } from "../testing/commanded-app.ts";
import type { PublishOutcome } from "./publish-outcome.ts";
import { publishRun } from "./publish-run.ts";

const BRANCH = "feature/tool";
const DEADLINE = { deadlineMs: 30_000 };
const never = new AbortController().signal;
let world: TestWorld;

beforeAll(async () => {
  world = await aRunningWorld();
  await world.push("main", commandedApp());
});
afterAll(() => world?.[Symbol.asyncDispose]());
afterEach(() => cancelHolder(world));

const publish = (runId: RunId, changes: Partial<Context> = {}): Promise<PublishOutcome> =>
  publishRun({ ...world.context, ...changes }, runId, never);

async function queued(app?: CommandedApp): Promise<RunId> {
  await world.push(BRANCH, commandedApp(app));
  return world.queueRun({ branch: BRANCH });
}

async function live(app?: CommandedApp): Promise<RunId> {
  const runId = await queued(app);
  const { outcome } = await publish(runId);
  expect(outcome, (await world.run(runId)).failureMessage ?? "").toBe("published");
  return runId;
}

async function publishAgain(runId: RunId, app: CommandedApp): Promise<PublishOutcome> {
  await world.push(BRANCH, commandedApp(app));
  await requestAttempt(world.context.store, { runId, commitSha: null });
  return publish(runId);
}

/** What the slot's database answers its own login. */
async function rows(text: string): Promise<unknown[]> {
  const [found = []] = await queryRows(slotDatabaseUrl(await slotAccess(world.context, world.slot)), text);
  return found;
}
const notes = (): Promise<unknown[]> => rows("select body from notes order by id");

/** What the command printed in the run's first publish. */
async function printed(runId: RunId): Promise<string> {
  const lines = (await world.evidence(runId, "preview_migration_log")).trim().split("\n");
  const events = lines.map((line) => JSON.parse(line) as { event: string; text?: string });
  return events.map(({ event, text }) => (event === "output" ? text : "")).join("");
}

const stepsOf = async (runId: RunId, type: string): Promise<Record<string, unknown>[]> =>
  (await world.events(runId)).filter(({ eventType }) => eventType === type).map(({ detail }) => detail);

/** The world in which a migration may take that long. */
function migratingFor(timeoutMs: number): Partial<Context> {
  const { processes } = world.context;
  return {
    processes: {
      ...processes,
      runStep: (slot, request, options) =>
        processes.runStep(slot, request.kind === "migrate" ? { ...request, timeout_ms: timeoutMs } : request, options),
    },
  };
}

describe("an application's own migration command", () => {
  test("makes the tables as the slot's role, and then comes main's seed", async () => {
    const runId = await live();
    expect(await printed(runId)).toBe("applied 0001\n");
    expect(await notes()).toEqual([{ body: "seeded" }]);
    expect(await rows("select tableowner from pg_tables where tablename = 'notes'")).toEqual([
      { tableowner: "slot_1" },
    ]);
    const log = await world.evidence(runId, "preview_migration_log");
    expect(log).toContain('"event":"seed_applied","seed_version":"v1"');
    const { details } = await world.context.store
      .selectFrom("preview_db_resets")
      .select("details")
      .where("run_id", "=", runId)
      .executeTakeFirstOrThrow();
    expect(details).toMatchObject({ seed_after_migrations: "v1" });
  });

  test("is told of its slot and of nothing else, and its evidence does not hold the password", async () => {
    const dump = `print("ENV", "|".join(sorted(open("/proc/self/environ").read().strip("\\0").split("\\0"))), flush=True)`;
    const runId = await live({ ending: dump });
    const { contract, slot, env } = world;
    const { leaseEpoch } = await findLease(world.context.store, slot);
    const home = slotHome(contract, slot);
    const { port } = new URL(env.DATABASE_URL);
    const worktree = `${slotWorktrees(contract, slot)}/${runId}-1`;
    const { commitSha } = await world.run(runId);
    const [, told = ""] = /ENV (.*)/.exec(await printed(runId)) ?? [];
    expect(told.split("|")).toEqual([
      "CI=true",
      `CORS_ALLOWED_ORIGINS=${corsAllowedOrigins(contract).join(",")}`,
      `DATABASE_URL=postgresql://slot_1_e${leaseEpoch}:[redacted]@127.0.0.1:${port}/app_preview_1`,
      `HOME=${home}`,
      "NO_COLOR=1",
      `OROBOROS_PORT_OFFSET=${contract.portOffset}`,
      `PATH=${contract.root}/bin:/usr/bin:/bin`,
      `SLOT_BACKEND_PORT=${backendPort(contract, slot)}`,
      `SLOT_COMMIT_SHA=${commitSha}`,
      "SLOT_DB_NAME=app_preview_1",
      "SLOT_ID=preview-1",
      "SLOT_NUM=1",
      `SLOT_WORKTREE_PATH=${worktree}`,
      `TMPDIR=${home}/tmp`,
      expect.stringMatching(/^TRACE_ID=/),
      "pnpm_config_verify_deps_before_run=false",
    ]);
    const { password } = new URL(slotDatabaseUrl(await slotAccess(world.context, slot)));
    expect(await world.evidence(runId, "preview_migration_log")).not.toContain(password);
  });

  test("reaches no other database with its login, and is no other role with its password", async () => {
    const unseeded = { seedVersion: null, force: false, dryRun: false };
    await resetDatabase(world.context, { slot: world.other, ...unseeded });
    const { loginEpoch } = (await slotAccess(world.context, world.other)).identity;
    const attempts = [
      `dbname="app_preview_2"`,
      `dbname="builder_control"`,
      `dbname="postgres"`,
      `dbname="template1"`,
      `user="slot_2_e${loginEpoch}", dbname="app_preview_2"`,
      `user="oroboros_worker", dbname="builder_control"`,
      `user="postgres"`,
    ];
    const tries = attempts.map(
      (options) => `
try:
    connect(${options})
    print("REACHED", flush=True)
except psycopg2.OperationalError as error:
    print("REFUSED", str(error).strip().split("\\n")[0], flush=True)`,
    );
    const runId = await live({ ending: tries.join("") });
    const answers = (await printed(runId)).split("\n").filter((line) => /^(REACHED|REFUSED)/.test(line));
    expect(answers).toHaveLength(attempts.length);
    expect(answers.join("\n")).not.toContain("REACHED");
    for (const answer of answers) expect(answer).toMatch(/FATAL: .*(permission denied|authentication failed|pg_hba)/);
  });
});

describe("a migration command that fails", () => {
  const FAILS = `print("column is missing", flush=True)\nraise SystemExit(3)`;

  test("fails the run with its last lines, and the slot is free again", async () => {
    const runId = await queued({ ending: FAILS });
    expect(await publish(runId)).toEqual({ outcome: "failed", reasonCode: "MIGRATION_FAILED" });
    expect(await stepsOf(runId, "step_failed")).toMatchObject([
      {
        step: "migration",
        code: "migration_failed",
        message: expect.stringMatching(/exited with 3\.\n.*column is missing$/s),
      },
    ]);
    expect((await listSlots(world.context.store)).map(({ leaseState }) => leaseState)).toEqual(["free", "free"]);
  });

  test("in a republish gives the preview its database back, with what was written there", async () => {
    const runId = await live();
    await rows("insert into notes values (2, 'written by a reviewer')");
    const changed = { step: "alter table notes rename to renamed", ending: FAILS };
    expect(await publishAgain(runId, changed)).toEqual({ outcome: "failed", reasonCode: "MIGRATION_FAILED" });
    expect(await notes()).toEqual([{ body: "seeded" }, { body: "written by a reviewer" }]);
    expect(await stepsOf(runId, "publish_reverted")).toMatchObject([{ database_restored: true }]);
    expect(await world.run(runId)).toMatchObject({ status: "needs_approval" });
  });

  test("with a seed that does not fit its tables fails the same way, unless the branch has changed it with them", async () => {
    const runId = await queued({ step: "alter table notes add column needed int not null" });
    expect(await publish(runId)).toEqual({ outcome: "failed", reasonCode: "MIGRATION_FAILED" });
    expect(await stepsOf(runId, "step_failed")).toMatchObject([{ step: "migration", code: "seed_failed" }]);
    await live({
      step: "alter table notes add column needed int not null",
      seed: "insert into notes values (1, 'seeded by the branch', 7);",
    });
    expect(await rows("select body, needed from notes")).toEqual([{ body: "seeded by the branch", needed: 7 }]);
  });
});

describe("a migration command that does not end", () => {
  /** Names a child of the command's among all processes, those of other runs of this test included. */
  const CHILD = `1000.71${process.pid}`;
  const isGone = (): boolean => spawnSync("pgrep", ["--full", `sleep ${CHILD}`]).status === 1;
  const HANGS = `
import subprocess, time
open("../hangs", "w").write("yes")
subprocess.Popen(["sleep", "${CHILD}"])
cursor = connect().cursor()
cursor.execute("select pg_sleep(1000)")`;
  const sleepers = (): Promise<unknown[]> =>
    queryRows(
      world.env.DATABASE_URL,
      "select pid from pg_stat_activity where datname like 'app_preview_%' and usename like 'slot%'",
    ).then(([found = []]) => found);

  test("is killed at its deadline, and the run fails for that", async () => {
    const runId = await queued({ ending: HANGS });
    expect(await publish(runId, migratingFor(3_000))).toEqual({ outcome: "failed", reasonCode: "AGENT_TIMEOUT" });
    expect(await stepsOf(runId, "step_failed")).toMatchObject([{ step: "migration", code: "step_timed_out" }]);
    await eventually(async () => isGone() && (await sleepers()).length === 0, DEADLINE);
  });

  test("is killed when its lease is gone", async () => {
    const runId = await queued({ ending: HANGS });
    const outcome = publish(runId);
    const { store } = world.context;
    const hung = `${slotWorktrees(world.contract, world.slot)}/${runId}-1/hangs`;
    await eventually(() => existsSync(hung), DEADLINE);
    await releaseLease(store, await findLease(store, world.slot));
    expect(await outcome).toEqual({ outcome: "lease_lost" });
    await cancelHolder(world);
    await eventually(async () => isGone() && (await sleepers()).length === 0, DEADLINE);
    expect(existsSync(hung)).toBe(false);
  });
});

describe("published again", () => {
  const WRITTEN = "insert into notes values (2, 'written by a reviewer')";
  const migrationOf = async (runId: RunId): Promise<string> => {
    const again = (await world.events(runId)).filter(({ detail }) => detail["attempt"] === 2);
    const found = again.find(({ detail, eventType }) => detail["step"] === "migration" && eventType !== "step_started");
    return String(found?.eventType);
  };

  test("with another backend, the command is not run and the data stays", async () => {
    const runId = await live();
    await rows(WRITTEN);
    expect(await publishAgain(runId, { word: "second" })).toMatchObject({ outcome: "published" });
    expect(await migrationOf(runId)).toBe("step_reused");
    expect(await notes()).toEqual([{ body: "seeded" }, { body: "written by a reviewer" }]);
  });

  test("with another migration, the database is made again: empty, the command, main's seed", async () => {
    const runId = await live();
    await rows(WRITTEN);
    const changed = { step: "alter table notes add column area text default 'here'" };
    expect(await publishAgain(runId, changed)).toMatchObject({ outcome: "published" });
    expect(await migrationOf(runId)).toBe("step_finished");
    expect(await rows("select body, area from notes")).toEqual([{ body: "seeded", area: "here" }]);
  });
});
