import { claimSlot, findLease } from "@oroboros/control-store";
import { LEASE_TTL_SECONDS, type RunId } from "@oroboros/slot-contract";
import { tinyApp } from "@oroboros/test-runtime";
import { afterAll, beforeAll, expect, test } from "vitest";
import { aWorld, type TestWorld } from "../testing/a-world.ts";
import { migrateDatabase, type MigrateReport } from "./migrate-database.ts";
import { resetDatabase } from "./reset-database.ts";

let world: TestWorld;

beforeAll(async () => {
  world = await aWorld({ portOffset: 3_000 });
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
