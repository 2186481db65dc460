import { findLease, listResets, releaseLease, requestAttempt } from "@oroboros/control-store";
import { slotDatabaseUrl } from "@oroboros/db-safety";
import type { RunId } from "@oroboros/slot-contract";
import { queryRows } from "@oroboros/test-support";
import { tinyApp } from "@oroboros/test-runtime";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { resetDatabase } from "../database/reset-database.ts";
import { slotAccess } from "../database/slot-access.ts";
import { dropSnapshotVersion } from "../database/snapshot-drop.ts";
import { snapshotSlot } from "../database/snapshot-of-slot.ts";
import { allocateSlot } from "../slots/allocate-slot.ts";
import { aRunningWorld, cancelHolder } from "../testing/a-running-world.ts";
import type { TestWorld } from "../testing/a-world.ts";
import { changedApp } from "../testing/changed-app.ts";
import { commandedApp } from "../testing/commanded-app.ts";
import type { PublishOutcome } from "./publish-outcome.ts";
import { publishRun } from "./publish-run.ts";

const BRANCH = "feature/data";
const actor = { principal: "host:uid=0", traceId: null };
/** Main's v1 is written last, and so is the one that nobody has to choose. */
const SEEDS = { seeds: { other: "seeds/other.sql", v1: "seeds/v1.sql" } };
const OTHER = { "seeds/other.sql": "insert into notes (id, body) values (7, 'other');\n" };
let world: TestWorld;

beforeAll(async () => {
  world = await aRunningWorld();
});
afterAll(() => world?.[Symbol.asyncDispose]());
afterEach(() => cancelHolder(world));

function withSeeds(files: Record<string, string>): Record<string, string> {
  const manifest = JSON.parse(files["oroboros.app.json"] ?? "") as { database: object };
  manifest.database = { ...manifest.database, ...SEEDS };
  return { ...files, ...OTHER, "oroboros.app.json": JSON.stringify(manifest) };
}

async function publish(runId: RunId): Promise<PublishOutcome> {
  await requestAttempt(world.context.store, { runId, commitSha: null });
  return publishRun(world.context, runId, new AbortController().signal);
}

async function queued(files: Record<string, string>): Promise<RunId> {
  await world.push("main", withSeeds(files));
  await world.push(BRANCH, { ...withSeeds(files), change: `${Math.random()}` });
  return world.queueRun({ branch: BRANCH });
}

async function notes(): Promise<unknown[]> {
  const [found = []] = await queryRows(
    slotDatabaseUrl(await slotAccess(world.context, world.slot)),
    "select body from notes order by id",
  );
  return found;
}

const lastReset = async (): Promise<unknown> =>
  (await listResets(world.context.store, { slotId: world.slot, limit: 1, offset: 0 })).items[0];

test.each([
  ["SQL files", tinyApp()],
  ["a command of its own", commandedApp()],
])("a publish starts from the seed that its run was allocated with, where main migrates by %s", async (_, files) => {
  const runId = await queued(files);
  expect(await allocateSlot(world.context, { runId, seedVersion: "other" })).toMatchObject({ acquired: true });
  expect(await publish(runId)).toMatchObject({ outcome: "published" });
  expect(await notes()).toEqual([{ body: "other" }]);
});

test("a publish starts from the snapshot that its run was allocated with, and fails where that is gone", async () => {
  const { context, slot } = world;
  await queued(tinyApp());
  await resetDatabase(context, { slot, force: true, seedVersion: "v1", dryRun: false });
  const url = slotDatabaseUrl(await slotAccess(context, slot));
  await queryRows(url, "update notes set body = 'of the snapshot'");
  const kept = await notes();
  const request = { slot, version: "kept", actor, force: true, dryRun: false };
  await snapshotSlot(context, request);
  await releaseLease(context.store, await findLease(context.store, slot), { clean: true });

  const runId = await queued(tinyApp());
  expect(await allocateSlot(context, { runId, snapshotVersion: "kept" })).toMatchObject({ acquired: true });
  expect(await publish(runId)).toMatchObject({ outcome: "published" });
  expect(await notes()).toEqual(kept);
  expect(await lastReset()).toMatchObject({ strategy: "snapshot", snapshotVersion: "kept", resetStatus: "succeeded" });

  await cancelHolder(world);
  const late = await queued(tinyApp());
  expect(await allocateSlot(context, { runId: late, snapshotVersion: "kept" })).toMatchObject({ acquired: true });
  await dropSnapshotVersion(context, { version: "kept", actor, dryRun: false });
  expect(await publish(late)).toMatchObject({ outcome: "failed", reasonCode: "VALIDATION_FAILED" });
});

test("what a run was given by hand is what its next publish starts from, and without a version it is main's latest", async () => {
  const { context, slot } = world;
  const runId = await queued(tinyApp());
  expect(await publishRun(context, runId, new AbortController().signal)).toMatchObject({ outcome: "published" });
  expect(await notes()).toEqual([{ body: "seeded" }]);
  for (const [seedVersion, body] of [
    ["other", "other"],
    [null, "seeded"],
  ] as const) {
    await resetDatabase(context, { slot, runId, force: false, seedVersion, dryRun: false });
    await world.push(BRANCH, withSeeds(changedApp(`after_${body}`)));
    expect(await publish(runId)).toMatchObject({ outcome: "published" });
    expect(await notes()).toEqual([{ body }]);
  }
});
