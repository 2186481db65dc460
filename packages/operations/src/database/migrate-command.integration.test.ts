import { claimSlot, endRun, findLease, releaseLease } from "@oroboros/control-store";
import { slotDatabaseUrl } from "@oroboros/db-safety";
import { LEASE_TTL_SECONDS, type OperatorError, slotWorktrees, type RunId } from "@oroboros/slot-contract";
import { queryRows } from "@oroboros/test-support";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hostActor } from "../access/create-access-token.ts";
import { publishRun } from "../publish/publish-run.ts";
import { aRunningWorld, cancelHolder } from "../testing/a-running-world.ts";
import type { TestWorld } from "../testing/a-world.ts";
import { commandedApp, type CommandedApp } from "../testing/commanded-app.ts";
import { migrateDatabase, type MigrateReport } from "./migrate-database.ts";
import { migratePublished } from "./migrate-published.ts";
import { publishedMigration } from "./published-migration.ts";
import { resetDatabase, type ResetDatabaseReport } from "./reset-database.ts";
import { seedDatabase } from "./seed-database.ts";
import { slotAccess } from "./slot-access.ts";
import { snapshotSlot } from "./snapshot-of-slot.ts";

const BRANCH = "feature/tool";
const COMMAND = ["/usr/bin/python3", "-B", "migrate.py"];
let world: TestWorld;
let runId: RunId;

beforeAll(async () => {
  world = await aRunningWorld();
  await world.push("main", commandedApp());
});
afterAll(() => world?.[Symbol.asyncDispose]());

async function publish(app?: CommandedApp): Promise<void> {
  await world.push(BRANCH, { ...commandedApp(app), "server/sql/2.SQL": "drop table notes;\n" });
  runId = await world.queueRun({ branch: BRANCH });
  const outcome = await publishRun(world.context, runId, new AbortController().signal);
  expect(outcome).toMatchObject({ outcome: "published" });
}

/** By the run that holds the first slot, unless it is another slot. */
const by = (slot = world.slot) => (slot === world.slot ? { slot, runId, force: false } : { slot, force: false });
const migrate = (dryRun = false, slot = world.slot): Promise<MigrateReport> =>
  migrateDatabase(world.context, { ...by(slot), dryRun });
const reset = (seedVersion: string | null, dryRun = false, slot = world.slot): Promise<ResetDatabaseReport> =>
  resetDatabase(world.context, { ...by(slot), seedVersion, dryRun });

async function rows(text: string): Promise<unknown[]> {
  const [found = []] = await queryRows(slotDatabaseUrl(await slotAccess(world.context, world.slot)), text);
  return found;
}
const notes = (): Promise<unknown[]> => rows("select body from notes order by id");

describe("in a slot where a run is published, by hand", () => {
  beforeAll(() =>
    publish({
      step: "alter table notes add column area text not null",
      inputs: ["server/migrate.py", "server/steps.py", "server/sql"],
      seed: "insert into notes values (1, 'seeded', 'here');",
    }),
  );
  afterAll(() => cancelHolder(world));

  test("a dry run names the target and the command, with no password, and runs nothing", async () => {
    await rows("delete from tool_versions where version = '0002'");
    const { port } = new URL(world.env.DATABASE_URL);
    const cwd = `${slotWorktrees(world.contract, world.slot)}/${runId}-1/server`;
    expect(await migrate(true)).toMatchObject({
      slot_id: "preview-1",
      db_name: "app_preview_1",
      commit_sha: (await world.run(runId)).commitSha,
      dry_run: true,
      target: `postgresql://slot_1@127.0.0.1:${port}/app_preview_1`,
      pending: null,
      plan: [`run ${COMMAND.join(" ")} in ${cwd}`],
      destructive_statements: {
        statements: [{ kind: "drop_table", object: "notes", file: "server/sql/2.SQL" }],
        not_analysed: [
          { file: "backend.migrate", reason: expect.any(String) },
          { file: "server/steps.py", reason: "it is not SQL" },
        ],
      },
      refused_with: null,
    });
    expect(await rows("select version from tool_versions")).toEqual([{ version: "0001" }]);
  });

  test("the command runs, and what it prints is the answer", async () => {
    await rows("delete from notes");
    await rows("alter table notes drop column area");
    expect(await migrate()).toMatchObject({ migrate_command: COMMAND, output: ["applied 0002"] });
    expect(await migrate()).toMatchObject({ migrate_command: COMMAND, output: [] });
  });

  test("a command that fails is told with its last lines", async () => {
    await rows("delete from tool_versions where version = '0002'");
    const failure: unknown = await migrate().catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "migration_failed", message: expect.stringContaining("DuplicateColumn") });
    expect((failure as OperatorError).message).not.toContain(new URL(slotDatabaseUrl(await access())).password);
  });
  const access = () => slotAccess(world.context, world.slot);

  test("a reset leaves an empty, migrated database, and one with a seed a seeded one", async () => {
    expect(await reset(null)).toMatchObject({ seed_version: null, pending_migrations: [], backend_restarted: true });
    expect(await rows("select version from tool_versions")).toEqual([{ version: "0001" }, { version: "0002" }]);
    expect(await notes()).toEqual([]);
    expect(await reset("v1")).toMatchObject({ seed_version: "v1", pending_migrations: [] });
    expect(await rows("select body, area from notes")).toEqual([{ body: "seeded", area: "here" }]);
  });

  test("a plan of a reset swaps first, then migrates, then seeds", async () => {
    expect(await reset("v1", true)).toMatchObject({
      plan: ["swap it in as app_preview_1", expect.stringMatching(/^run .*migrate\.py in /), "apply seed v1"],
    });
  });

  test("the command does not run on a database that is not the run's any more", async () => {
    const lease = await findLease(world.context.store, world.slot);
    const published = await publishedMigration(world.context, lease);
    if (published === undefined) throw new Error("a run is published");
    await rows("drop table notes, tool_versions");
    const late = { ...lease, runId: await world.queueRun({ branch: BRANCH }) };
    const migrating = migratePublished(world.context, late, { published, seed: null });
    await expect(migrating).rejects.toMatchObject({ code: "stale_lease" });
    expect(await rows("select to_regclass('tool_versions') is null as untouched")).toEqual([{ untouched: true }]);
    await endRun(world.context.store, { runId: late.runId, to: "canceled", reasonCode: "AGENT_CANCELED" });
  });

  test("a seed alone is refused for the rows of the tool's own, with the command that does both", async () => {
    await reset(null);
    await expect(seedDatabase(world.context, { ...by(), seedVersion: "v1", dryRun: false })).rejects.toMatchObject({
      code: "database_not_empty",
      message: expect.stringContaining("public.tool_versions"),
      hint: `Start over with: oroboros db reset-and-seed --slot preview-1 --run-id ${runId} --seed-version v1`,
    });
  });
});

describe("where no run is published", () => {
  const REFUSED = {
    code: "nothing_published",
    hint: 'Publish a run first: oroboros runs create --title "<title>" --branch <branch>',
  };

  test("in a free slot there is nothing to run: refused with what to type next, and so does the plan", async () => {
    await expect(migrate(false, world.other)).rejects.toMatchObject(REFUSED);
    expect(await migrate(true, world.other)).toMatchObject({ pending: null, refused_with: "nothing_published" });
    await expect(reset("v1", false, world.other)).rejects.toMatchObject(REFUSED);
    expect(await reset("v1", true, world.other)).toMatchObject({
      plan: [expect.stringContaining("No run is published"), "swap it in as app_preview_2", "apply seed v1"],
      refused_with: "nothing_published",
    });
    expect(await reset(null, true, world.other)).toMatchObject({
      plan: ["swap it in as app_preview_2", "leave it empty"],
      refused_with: null,
    });
  });

  test("a reset to a snapshot is not planned to leave the database empty", async () => {
    await reset(null, false, world.other);
    const claim = { slot: world.other, force: false };
    await snapshotSlot(world.context, { ...claim, version: "as-is", actor: hostActor(0), dryRun: false });
    expect(await resetDatabase(world.context, { ...claim, snapshotVersion: "as-is", dryRun: true })).toMatchObject({
      plan: ["copy snapshot as-is", "swap it in as app_preview_2"],
      refused_with: null,
    });
  });

  test("a reset of a free slot leaves it empty, and says that nothing can be told of migrations", async () => {
    expect(await reset(null, false, world.other)).toMatchObject({
      seed_version: null,
      pending_migrations: null,
      next: expect.stringContaining("oroboros runs create"),
    });
  });

  test("in a slot that an agent was given and has not published to, neither", async () => {
    runId = await world.queueRun({ branch: BRANCH });
    const claim = await claimSlot(world.context.store, { runId, ttlSeconds: LEASE_TTL_SECONDS });
    if (claim.outcome !== "claimed") throw new Error(`the run is ${claim.outcome}`);
    const { slotId: slot } = claim.lease;
    await expect(migrateDatabase(world.context, { slot, runId, force: false, dryRun: false })).rejects.toMatchObject(
      REFUSED,
    );
    await releaseLease(world.context.store, claim.lease);
  });
});
