import { listResets, type RecordedReset } from "@oroboros/control-store";
import { fingerprintSlotDatabase } from "@oroboros/db-safety";
import type { RunId } from "@oroboros/slot-contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import { publishRun } from "../publish/publish-run.ts";
import { aRunningWorld, cancelHolder } from "../testing/a-running-world.ts";
import type { TestWorld } from "../testing/a-world.ts";
import { commandedApp } from "../testing/commanded-app.ts";
import { auditDatabases } from "./audit-databases.ts";
import { migrateDatabase } from "./migrate-database.ts";
import { resetDatabase } from "./reset-database.ts";
import { slotAccess } from "./slot-access.ts";

const BRANCH = "feature/tool";
const never = new AbortController().signal;
let world: TestWorld;
let runId: RunId;

beforeAll(async () => {
  world = await aRunningWorld();
  await world.push("main", withBroken(commandedApp()));
  await world.push(BRANCH, commandedApp());
  runId = await world.queueRun({ branch: BRANCH });
  expect(await publishRun(world.context, runId, never)).toMatchObject({ outcome: "published" });
});
afterAll(async () => {
  if (world !== undefined) await cancelHolder(world);
  await world?.[Symbol.asyncDispose]();
});

/** Main has a seed that does not load; v1 is the last one still. */
function withBroken(files: Record<string, string>): Record<string, string> {
  const manifest = JSON.parse(files["oroboros.app.json"] ?? "") as object;
  const database = { seeds: { broken: "seeds/broken.sql", v1: "seeds/v1.sql" } };
  const written = JSON.stringify({ ...manifest, database });
  return { ...files, "oroboros.app.json": written, "seeds/broken.sql": "insert into nowhere values (1);\n" };
}

const reset = (seedVersion: string) =>
  resetDatabase(world.context, { slot: world.slot, runId, force: false, seedVersion, dryRun: false });
const contentNow = async (): Promise<string> => fingerprintSlotDatabase(await slotAccess(world.context, world.slot));
const lastTwo = async (): Promise<RecordedReset[]> =>
  (await listResets(world.context.store, { slotId: world.slot, limit: 2, offset: 0 })).items;

async function expectClean(): Promise<void> {
  expect(await auditDatabases(world.context, { deep: true, signal: never })).toMatchObject({ findings: [] });
}

const awaited = (seed: string): object => ({
  resetStatus: "succeeded",
  seedVersion: null,
  details: {
    content_fingerprint: null,
    template_fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
    still_to_come: ["migrations", `seed ${seed}`],
  },
});

test("a publish records what the database held once it was migrated and seeded", async () => {
  const [after, swap] = await lastTwo();
  expect(swap).toMatchObject(awaited("v1"));
  expect(after).toMatchObject({
    resetStatus: "succeeded",
    runId,
    strategy: "seed",
    seedVersion: "v1",
    leaseEpoch: swap?.leaseEpoch,
    details: { content_fingerprint: await contentNow(), database_oid: swap?.details["database_oid"] },
  });
  expect(after?.details).not.toHaveProperty("still_to_come");
  await expectClean();
});

test("so does a reset by hand, which answers with it", async () => {
  const report = await reset("v1");
  const content = await contentNow();
  expect(report).toMatchObject({ seed_version: "v1", content_fingerprint: content });
  const [after, swap] = await lastTwo();
  expect(swap).toMatchObject(awaited("v1"));
  expect(after).toMatchObject({
    resetStatus: "succeeded",
    seedVersion: "v1",
    details: { content_fingerprint: content },
  });
  await expectClean();
});

test("a seed that fails after the swap is on record, and what is migrated by hand afterwards too", async () => {
  await expect(reset("broken")).rejects.toMatchObject({ code: "seed_failed" });
  const [failed, swap] = await lastTwo();
  expect(swap).toMatchObject(awaited("broken"));
  expect(failed).toMatchObject({
    resetStatus: "failed",
    seedVersion: "broken",
    details: { code: "seed_failed", content_fingerprint: null },
  });
  await expectClean();

  await migrateDatabase(world.context, { slot: world.slot, runId, force: false, dryRun: false });
  const [after] = await lastTwo();
  expect(after).toMatchObject({
    resetStatus: "succeeded",
    seedVersion: null,
    details: { content_fingerprint: await contentNow() },
  });
  // A database that is complete is only recorded once.
  await migrateDatabase(world.context, { slot: world.slot, runId, force: false, dryRun: false });
  expect((await lastTwo())[0]?.resetId).toBe(after?.resetId);
  await expectClean();
});
