import { claimSlot, type Lease } from "@oroboros/control-store";
import { migrateSlotDatabase, planMigration, type TemplateSource } from "@oroboros/db-safety";
import { commitShaSchema, LEASE_TTL_SECONDS } from "@oroboros/slot-contract";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { aWorld, type TestWorld } from "../testing/a-world.ts";
import { dropKeptLeased, restoreKeptLeased } from "./kept-database.ts";
import { resetLeasedDatabase } from "./reset-leased-database.ts";
import { slotAccess } from "./slot-access.ts";
import { warmSpare } from "./warm-spare.ts";

// Nothing here starts a process: the supervisor's socket is not there.
const SOURCE: TemplateSource = {
  migrations: [{ name: "0001.sql", sql: "create table notes (body text);" }],
  seed: null,
};
const KEEP = { keepOld: true };

let world: TestWorld;
let lease: Lease;

beforeAll(async () => {
  world = await aWorld();
  const runId = await world.queueRun({});
  const claim = await claimSlot(world.context.store, { runId, ttlSeconds: LEASE_TTL_SECONDS });
  if (claim.outcome !== "claimed") throw new Error(`the run is ${claim.outcome}`);
  lease = claim.lease;
});
afterAll(() => world?.[Symbol.asyncDispose]());
beforeEach(async () => {
  await resetLeasedDatabase(world.context, lease, SOURCE);
  await migrateSlotDatabase(await slotAccess(world.context, lease.slotId), branch());
});

const branch = () => ({
  migrations: [...SOURCE.migrations, { name: "0002.sql", sql: "create table proven ();" }],
});
/** The branch's migration is only in the database that was proven. */
const isProvenLive = async (): Promise<boolean> =>
  (await planMigration(await slotAccess(world.context, lease.slotId), branch())).pending.length === 0;
const lastReset = () =>
  world.context.store
    .selectFrom("preview_db_resets")
    .select(["reset_status", "details"])
    .orderBy("reset_id", "desc")
    .executeTakeFirstOrThrow();

describe("the database of a publish that is proven", () => {
  test("is kept by the reset of the next one, which records it, and restored by the lease's holder", async () => {
    expect(await resetLeasedDatabase(world.context, lease, SOURCE, KEEP)).toMatchObject({ kept: true, warm: false });
    expect(await lastReset()).toMatchObject({ reset_status: "succeeded", details: { kept: true, warm: false } });
    expect(await isProvenLive()).toBe(false);
    expect(await restoreKeptLeased(world.context, lease)).toEqual({ restored: true });
    expect(await isProvenLive()).toBe(true);
    expect(await restoreKeptLeased(world.context, lease)).toEqual({ restored: false });
  });

  test("is dropped once the next one is proven, not before, and not restored after", async () => {
    await resetLeasedDatabase(world.context, lease, SOURCE, KEEP);
    expect(await dropKeptLeased(world.context, lease)).toEqual({ dropped: false });
    await world.context.store
      .insertInto("publish_attempts")
      .values({
        run_id: lease.runId,
        attempt: 1,
        commit_sha: commitShaSchema.parse("1".repeat(40)),
        status: "succeeded",
        slot_id: lease.slotId,
        lease_epoch: lease.leaseEpoch,
        live: "{}",
      })
      .execute();
    try {
      expect(await restoreKeptLeased(world.context, lease)).toEqual({ restored: false });
      expect(await isProvenLive()).toBe(false);
      expect(await dropKeptLeased(world.context, lease)).toEqual({ dropped: true });
      expect(await restoreKeptLeased(world.context, lease)).toEqual({ restored: false });
    } finally {
      await world.context.store.updateTable("publish_attempts").set({ status: "canceled", live: null }).execute();
    }
  });

  test("is neither restored nor dropped by who holds the slot no more", async () => {
    await resetLeasedDatabase(world.context, lease, SOURCE, KEEP);
    const stale = { ...lease, leaseEpoch: String(Number(lease.leaseEpoch) - 1) as Lease["leaseEpoch"] };
    await expect(restoreKeptLeased(world.context, stale)).rejects.toMatchObject({ code: "stale_lease" });
    await expect(dropKeptLeased(world.context, stale)).rejects.toMatchObject({ code: "stale_lease" });
    expect(await isProvenLive()).toBe(false);
    expect(await restoreKeptLeased(world.context, lease)).toEqual({ restored: true });
  });
});

describe("a warm spare", () => {
  test("is taken by the next reset, which records it", async () => {
    await warmSpare(world.context, lease.slotId, SOURCE);
    expect(await resetLeasedDatabase(world.context, lease, SOURCE)).toMatchObject({ warm: true, kept: false });
    expect(await lastReset()).toMatchObject({ details: { warm: true, kept: false } });
    expect(await isProvenLive()).toBe(false);
  });

  test("that can not be made is a line in the log and no failure", async () => {
    const warn = vi.fn();
    const context = { ...world.context, log: { ...world.context.log, warn } };
    await warmSpare(context, lease.slotId, { migrations: [{ name: "0001.sql", sql: "nonsense;" }], seed: null });
    expect(warn).toHaveBeenCalledWith(expect.objectContaining({ slot: lease.slotId }), expect.any(String));
    expect(await isProvenLive()).toBe(true);
  });
});
