import { existsSync, readFileSync, readlinkSync } from "node:fs";
import {
  acquireMaintenanceLease,
  endRun,
  findLease,
  findWorktree,
  type Lease,
  type LeaseRef,
} from "@oroboros/control-store";
import { slotDatabaseUrl, slotServer } from "@oroboros/db-safety";
import {
  backendJobFile,
  backendPort,
  loopbackUrl,
  placeholderPath,
  slotSurfaces,
  surfaceLink,
  worktreeLink,
  type RunId,
  type SlotId,
} from "@oroboros/slot-contract";
import { eventually, queryRows } from "@oroboros/test-support";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Context } from "../context.ts";
import { slotAccess } from "../database/slot-access.ts";
import { publishRun } from "../publish/publish-run.ts";
import { startJob } from "../publish/start-job.ts";
import { aRunningWorld, cancelHolder } from "../testing/a-running-world.ts";
import type { TestWorld } from "../testing/a-world.ts";
import { cleanSlots } from "./clean-slots.ts";
import { clearSlot } from "./clear-slot.ts";
import { idleJob } from "./idle-job.ts";
import { sweepSlots } from "./sweep-slots.ts";

const DEADLINE = { deadlineMs: 30_000 };
let world: TestWorld;

beforeAll(async () => {
  world = await aRunningWorld();
});
afterAll(() => world?.[Symbol.asyncDispose]());
afterEach(() => cancelHolder(world));

/** A run that is live in the first slot, and the lease it holds. */
async function aPreview(): Promise<Lease> {
  const runId = await world.queueRun({ branch: "main" });
  const published = await publishRun(world.context, runId, new AbortController().signal);
  if (published.outcome !== "published") throw new Error(`the run is ${published.outcome}`);
  return published.lease;
}

const end = (runId: RunId): Promise<unknown> =>
  endRun(world.context.store, { runId, to: "canceled", reasonCode: "AGENT_CANCELED" });

const stateOf = async (slot: SlotId): Promise<string> => (await findLease(world.context.store, slot)).leaseState;

/** As whoever knows the slot's password. */
const asSlot = async (): Promise<unknown[][]> => queryRows(await slotUrl(), "select 1");
const slotUrl = async (): Promise<string> => slotDatabaseUrl(await slotAccess(world.context, world.slot));

const backendAnswers = (): Promise<boolean> =>
  fetch(`${loopbackUrl(backendPort(world.contract, world.slot))}/health`).then(
    () => true,
    () => false,
  );

test("a slot that a run has left is emptied, its role locked out and its next run woken; then it is free", async () => {
  const { context, contract, slot } = world;
  const lease = await aPreview();
  await asSlot();
  await end(lease.runId);
  expect(await stateOf(slot)).toBe("quarantined");
  expect(await backendAnswers()).toBe(true);

  const woken: RunId[] = [];
  const waiting = await world.queueRun({});
  await acquireMaintenanceLease(context.store, world.other, 60);
  const queue = { ...context.queue, enqueue: async (runId: RunId) => void woken.push(runId) };
  expect(await cleanSlots({ ...context, queue })).toEqual([slot]);
  expect(await stateOf(slot)).toBe("free");
  expect(woken).toEqual([waiting]);
  expect(await backendAnswers()).toBe(false);
  await expect(asSlot()).rejects.toMatchObject({ code: "28000" });
  expect(readlinkSync(surfaceLink(contract, slot))).toBe(placeholderPath(contract));
  expect([slotSurfaces(contract, slot), worktreeLink(contract, slot)].filter((path) => existsSync(path))).toEqual([]);
  expect(await findWorktree(context.store, slot)).toBeUndefined();
  expect(await cleanSlots(context)).toEqual([]);
  await end(waiting);
  await context.store.updateTable("slot_leases").set({ expires_at: null, run_id: null }).execute();
});

test("a slot that the host has no more is left to nobody: there is none to clean it", async () => {
  const { context, contract, other } = world;
  await context.store
    .updateTable("slot_leases")
    .set({ quarantined_at: new Date() })
    .where("slot_id", "=", other)
    .execute();
  expect(await cleanSlots({ ...context, contract: { ...contract, slotCount: 1 } })).toEqual([]);
  expect(await stateOf(other)).toBe("quarantined");
  expect(await cleanSlots(context)).toEqual([other]);
});

test("a session that a run's program has kept open is ended", async () => {
  const { context, slot } = world;
  const lease = await aPreview();
  const sleeping = queryRows(`${await slotUrl()}?application_name=left`, "select pg_sleep(60)");
  const ended = expect(sleeping).rejects.toMatchObject({ code: "57P01" });
  // Only the superuser is told what the sessions of others do; one that still logs in is ended without a word.
  const isAtWork = "select from pg_stat_activity where application_name = 'left' and wait_event = 'PgSleep'";
  await eventually(async () => (await queryRows(world.superuserUrl(), isAtWork))[0]?.length === 1, DEADLINE);
  await end(lease.runId);
  expect(await cleanSlots(context)).toEqual([slot]);
  await ended;
});

test("the next run of a slot that was cleaned is published in it", async () => {
  await end((await aPreview()).runId);
  expect(await cleanSlots(world.context)).toEqual([world.slot]);
  expect(await aPreview()).toMatchObject({ slotId: world.slot });
  expect(await backendAnswers()).toBe(true);
  await asSlot();
});

test.each(["purge", "locking out"])(
  "a slot is not free where %s fails, and the next round tries again",
  async (what) => {
    const { context, slot } = world;
    const { runId } = await aPreview();
    await end(runId);
    const failing: Context = {
      ...context,
      ...(what === "purge"
        ? { processes: { ...context.processes, purge: () => Promise.reject(new Error("the supervisor is away")) } }
        : { server: slotServer("postgresql://oroboros_worker:away@127.0.0.1:1/builder_control") }),
    };
    expect(await cleanSlots(failing)).toEqual([]);
    expect(await stateOf(slot)).toBe("quarantined");
    expect(await cleanSlots(context)).toEqual([slot]);
  },
);

test("whoever still works under the lease of before is refused, and changes nothing of what the next one has", async () => {
  const { context, contract, slot } = world;
  const old = await aPreview();
  await end(old.runId);
  await cleanSlots(context);
  const now = await aPreview();
  const surface = readlinkSync(surfaceLink(contract, slot));
  const job = (): string => readFileSync(backendJobFile(contract, slot), "utf8");
  const before = job();
  const stale = { code: "stale_lease" };
  await expect(clearSlot(context, old)).rejects.toMatchObject(stale);
  await expect(startJob(context, old, idleJob(contract, slot))).rejects.toMatchObject(stale);
  expect(job()).toBe(before);
  const { leaseEpoch } = old;
  await expect(context.processes.purge(slot, { leaseEpoch })).rejects.toMatchObject(stale);
  expect(readlinkSync(surfaceLink(contract, slot))).toBe(surface);
  expect(await backendAnswers()).toBe(true);
  expect(await findWorktree(context.store, slot)).toMatchObject({ runId: now.runId });
});

test("whoever loses the lease while the slot is emptied removes no files any more", async () => {
  const { context, contract, slot } = world;
  const lease = await aPreview();
  const purge: Context["processes"]["purge"] = async (...purged) => {
    await context.processes.purge(...purged);
    // Only then the role is locked out, which the lease fences as well.
    await eventually(
      () =>
        asSlot().then(
          () => false,
          () => true,
        ),
      DEADLINE,
    );
    await end(lease.runId);
  };
  const losing = { ...context, processes: { ...context.processes, purge } };
  await expect(clearSlot(losing, lease)).rejects.toMatchObject({ code: "stale_lease" });
  expect(existsSync(slotSurfaces(contract, slot))).toBe(true);
  expect(await cleanSlots(context)).toEqual([slot]);
});

test("a slot that a worker held when it died is cleaned by the next sweep, long before its lease runs out", async () => {
  const { context, slot } = world;
  const dead = (await acquireMaintenanceLease(context.store, slot, 600, { workerId: 424_242 })) as LeaseRef;
  const lastSign = (at: number): Promise<unknown> =>
    context.store
      .updateTable("slot_leases")
      .set({ heartbeat_at: new Date(at) })
      .where("slot_id", "=", dead.slotId)
      .execute();
  await lastSign(Date.now() + 60_000);
  expect(await sweepSlots(context)).toMatchObject({ expired: [], cleaned: [] });
  await lastSign(0);
  expect(await sweepSlots(context)).toMatchObject({ expired: [slot], cleaned: [slot] });
  expect(await stateOf(slot)).toBe("free");
});

test("a slot is emptied also where the configured address of its database is another slot's", async () => {
  const { context, slot } = world;
  await end((await aPreview()).runId);
  const databaseUrlTemplate = context.databaseUrlTemplate.replace("{slot}", "2");
  expect(await cleanSlots({ ...context, databaseUrlTemplate })).toEqual([slot]);
  await expect(asSlot()).rejects.toMatchObject({ code: "28000" });
});

test("two workers that clean at once clean each slot once", async () => {
  const { context, slot } = world;
  await end((await aPreview()).runId);
  const purged: SlotId[] = [];
  const purge: Context["processes"]["purge"] = (of, lease) => {
    purged.push(of);
    return context.processes.purge(of, lease);
  };
  const counting = { ...context, processes: { ...context.processes, purge } };
  const cleaned = await Promise.all([cleanSlots(counting), cleanSlots(counting), cleanSlots(counting)]);
  expect(cleaned.flat()).toEqual([slot]);
  expect(purged).toEqual([slot]);
});
