import { bindWorktree, claimSlot, findLease } from "@oroboros/control-store";
import { slotDatabaseUrl } from "@oroboros/db-safety";
import { LEASE_TTL_SECONDS, type RunId, type SlotId } from "@oroboros/slot-contract";
import { tinyApp } from "@oroboros/test-runtime";
import { queryRows } from "@oroboros/test-support";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Context } from "../context.ts";
import { aWorld, type TestWorld } from "../testing/a-world.ts";
import { migrateDatabase, type MigrateReport } from "./migrate-database.ts";
import { resetDatabase } from "./reset-database.ts";
import { slotAccess } from "./slot-access.ts";

let world: TestWorld;

const PENDING = {
  "migrations/0002_word.sql": "create table word (id int);",
  "migrations/0003_more.sql": "create table more (id int);\nalter table notes drop body;",
};

beforeAll(async () => {
  world = await aWorld();
  await world.push("main", tinyApp());
});
afterAll(() => world?.[Symbol.asyncDispose]());

test("a dry run says whether it would be let, as the real call does, and changes nothing", async () => {
  const { context } = world;
  const runId = await world.queueRun({});
  const claim = await claimSlot(context.store, { runId, ttlSeconds: LEASE_TTL_SECONDS });
  if (claim.outcome !== "claimed") throw new Error(`the run is ${claim.outcome}`);
  const { slotId: slot, leaseEpoch } = claim.lease;
  await resetDatabase(context, { slot, runId, force: false, seedVersion: null, dryRun: false });

  const plan = (by: { runId?: RunId; force: boolean }): Promise<MigrateReport> =>
    migrateDatabase(context, { slot, ...by, dryRun: true });
  expect(await plan({ force: false })).toMatchObject({
    dry_run: true,
    refused_with: "lease_held",
    plan: [`${slot} is held by run ${runId}: needs --run-id ${runId} or --force`],
  });
  const real = migrateDatabase(context, { slot, force: false, dryRun: false });
  await expect(real).rejects.toMatchObject({ code: "lease_held" });
  for (const by of [{ runId, force: false }, { force: true }]) {
    expect(await plan(by)).toMatchObject({ dry_run: true, refused_with: null, pending: [], plan: [] });
  }
  expect((await findLease(context.store, slot)).leaseEpoch).toBe(leaseEpoch);
});

describe("a branch with migrations that main lacks", () => {
  let slot: SlotId;
  let runId: RunId;
  beforeAll(async () => {
    const { context, other } = world;
    const commitSha = await world.push("feature/words", { ...tinyApp(), ...PENDING });
    runId = await world.queueRun({ branch: "feature/words" });
    const claim = await claimSlot(context.store, { runId, ttlSeconds: LEASE_TTL_SECONDS });
    if (claim.outcome !== "claimed") throw new Error(`the run is ${claim.outcome}`);
    slot = claim.lease.slotId;
    expect(slot).toBe(other);
    await bindWorktree(context.store, { ...claim.lease, runId, commitSha, path: "/nowhere" });
    await resetDatabase(context, { slot, runId, force: false, seedVersion: null, dryRun: false });
  });
  const migrate = (dryRun: boolean, changes: Partial<Context> = {}): Promise<MigrateReport> =>
    migrateDatabase({ ...world.context, ...changes }, { slot, runId, force: false, dryRun });
  const tables = async (): Promise<unknown[]> => {
    const url = slotDatabaseUrl(await slotAccess(world.context, slot));
    const [found = []] = await queryRows(
      url,
      "select to_regclass('word') is null as word, to_regclass('more') is null as more",
    );
    return found;
  };

  test("is planned with the target and what is pending, and nothing of it is executed", async () => {
    const { port } = new URL(world.env.DATABASE_URL);
    expect(await migrate(true)).toMatchObject({
      slot_id: "preview-2",
      db_name: "app_preview_2",
      dry_run: true,
      target: `postgresql://slot_2@127.0.0.1:${port}/app_preview_2`,
      pending: ["0002_word.sql", "0003_more.sql"],
      plan: ["apply 0002_word.sql to app_preview_2", "apply 0003_more.sql to app_preview_2"],
      destructive_statements: {
        statements: [{ file: "0003_more.sql", line: 2, kind: "drop_column", object: "notes.body" }],
        not_analysed: [],
      },
      refused_with: null,
    });
    expect(await tables()).toEqual([{ word: true, more: true }]);
  });

  test.each([
    ["another host", "postgresql://slot@10.0.0.1:5432/app_preview_{slot}", "host_mismatch"],
    ["another port", "postgresql://slot@127.0.0.1:1/app_preview_{slot}", "port_mismatch"],
    ["one slot for all", "postgresql://slot@127.0.0.1:PORT/app_preview_1", "slot_database_mismatch"],
    ["the control database", "postgresql://slot@127.0.0.1:PORT/builder_control", "production_target"],
    [
      "another host behind a query",
      "postgresql://slot@127.0.0.1:PORT/app_preview_{slot}?host=10.0.0.1",
      "query_override",
    ],
    [
      "another database",
      "postgresql+psycopg://slot:s3cret@127.0.0.1:PORT/app_preview_{slot}x",
      "non_preview_database_target",
    ],
  ])(
    "is neither planned nor migrated where the template names %s, and the refusal names the variable",
    async (_what, template, code) => {
      const { port } = new URL(world.env.DATABASE_URL);
      const wrong = { databaseUrlTemplate: template.replace("PORT", port) };
      for (const dryRun of [true, false]) {
        const refused = expect.stringContaining("PREVIEW_BACKEND_DATABASE_URL_TEMPLATE");
        const failure: unknown = await migrate(dryRun, wrong).catch((error: unknown) => error);
        expect(failure).toMatchObject({ code, message: refused });
        expect(JSON.stringify(failure) + String(failure)).not.toContain("s3cret");
      }
      expect(await tables()).toEqual([{ word: true, more: true }]);
    },
  );

  test("is migrated, and nothing is pending after that", async () => {
    expect(await migrate(false)).toMatchObject({ applied: ["0002_word.sql", "0003_more.sql"] });
    expect(await tables()).toEqual([{ word: false, more: false }]);
    expect(await migrate(true)).toMatchObject({ pending: [], plan: [] });
  });
});
