import {
  acquireMaintenanceLease,
  beginAttempt,
  bindWorktree,
  claimSlot,
  findLease,
  finishAttempt,
  openControlStore,
  releaseLease,
  requestAttempt,
  transitionRun,
  type Lease,
} from "@oroboros/control-store";
import { armFault } from "@oroboros/host";
import { commitShaSchema, LEASE_TTL_SECONDS, WAITING_FOR_SLOT, type RunId } from "@oroboros/slot-contract";
import { tinyApp } from "@oroboros/test-runtime";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { runBackendCommand } from "../backend/run-backend-command.ts";
import { migrateDatabase } from "../database/migrate-database.ts";
import { resetDatabase } from "../database/reset-database.ts";
import { seedDatabase } from "../database/seed-database.ts";
import { aWorld, type TestWorld } from "../testing/a-world.ts";
import { allocateSlot, planAllocation } from "./allocate-slot.ts";
import { checkSlots } from "./check-slots.ts";
import { failAllocation } from "./fail-allocation.ts";
import { endMaintenance } from "./end-maintenance.ts";
import { sweepSlots } from "./sweep-slots.ts";
import { wakeQueue } from "./wake-queue.ts";
import { withSlotLease } from "./with-slot-lease.ts";

// Nothing here starts a process: the supervisor's socket is not there.
let world: TestWorld;

beforeAll(async () => {
  world = await aWorld();
  await world.push("main", tinyApp());
});

afterAll(() => world?.[Symbol.asyncDispose]());

afterEach(async () => {
  const { store } = world.context;
  for (const slot of [world.slot, world.other]) {
    const lease = await findLease(store, slot);
    if (lease.runId !== null) await cancel(lease.runId);
    await releaseLease(store, lease, { clean: true });
  }
  await store.updateTable("slot_leases").set({ quarantined_at: null }).execute();
});

const cancel = (runId: RunId): Promise<unknown> =>
  transitionRun(world.context.store, { runId, to: "canceled", reasonCode: "AGENT_CANCELED" });

async function holder(): Promise<Lease> {
  const runId = await world.queueRun({});
  const claim = await claimSlot(world.context.store, { runId, ttlSeconds: LEASE_TTL_SECONDS });
  if (claim.outcome !== "claimed") throw new Error(`the run is ${claim.outcome}`);
  return claim.lease;
}

describe("an operation on a slot", () => {
  const act = (): Promise<string> => Promise.resolve("done");

  test("takes a free slot for as long as it works, and no longer", async () => {
    const { context, slot } = world;
    const during = await withSlotLease(context, { slot, force: false }, () => findLease(context.store, slot));
    expect(during).toMatchObject({ leaseState: "held", runId: null });
    expect((await findLease(context.store, slot)).leaseState).toBe("free");
  });

  test("gives the slot back when it fails", async () => {
    const { context, slot } = world;
    const failing = withSlotLease(context, { slot, force: false }, () => Promise.reject(new Error("no space left")));
    await expect(failing).rejects.toThrow("no space left");
    expect((await findLease(context.store, slot)).leaseState).toBe("free");
  });

  test("is refused where a run holds the slot, naming the run and both ways on", async () => {
    const lease = await holder();
    const refused = withSlotLease(world.context, { slot: lease.slotId, force: false }, () => expect.unreachable());
    await expect(refused).rejects.toMatchObject({
      code: "lease_held",
      message: expect.stringContaining(lease.runId) as string,
      hint: `Name the holder with --run-id ${lease.runId}, or override it with --force.`,
    });
  });

  test("works under the holder's own lease for the holder, and for an operator who forces it", async () => {
    const { slotId: slot, runId, leaseEpoch } = await holder();
    const epochs = [
      await withSlotLease(world.context, { slot, runId, force: false }, async (lease) => lease.leaseEpoch),
      await withSlotLease(world.context, { slot, force: true }, async (lease) => lease.leaseEpoch),
    ];
    expect(epochs).toEqual([leaseEpoch, leaseEpoch]);
    expect((await findLease(world.context.store, slot)).leaseState).toBe("held");
  });

  test("is refused in the middle of a publish, for its own run and with force as well, and planned as such", async () => {
    const { context } = world;
    const runId = await world.queueRun({});
    const commitSha = commitShaSchema.parse("1".repeat(40));
    const claim = await claimSlot(context.store, { runId, ttlSeconds: LEASE_TTL_SECONDS, commitSha });
    if (claim.outcome !== "claimed") throw new Error(`the run is ${claim.outcome}`);
    const { lease } = claim;
    const slot = lease.slotId;
    for (const force of [false, true]) {
      const refused = withSlotLease(context, { slot, runId, force }, () => expect.unreachable());
      await expect(refused).rejects.toMatchObject({
        code: "lease_held",
        message: `${slot} is being published by run ${runId}.`,
        hint: expect.stringContaining(`oroboros runs show ${runId}`) as string,
      });
      const plan = await resetDatabase(context, { slot, runId, force, seedVersion: "v1", dryRun: true });
      expect("plan" in plan && plan.plan[0]).toBe(
        `${slot} is being published by run ${runId}: wait until that has ended`,
      );
    }
    await finishAttempt(context.store, { lease, attempt: 1, end: { status: "canceled" } });
    expect(await withSlotLease(context, { slot, runId, force: false }, act)).toBe("done");
  });

  test("is refused for a run that does not hold the slot, or was never made, whether it is free or not, and planned as such", async () => {
    const { context, slot, other } = world;
    const ended = await world.queueRun({});
    await cancel(ended);
    const { slotId: held, runId: holding } = await holder();
    const free = held === slot ? other : slot;
    const stranger = "00000000-0000-4000-8000-000000000000" as RunId;
    const lost = { code: "stale_lease", message: expect.stringContaining(`Run ${ended}, which is canceled`) as string };
    const cases = [
      [
        { slot: free, runId: ended, force: false },
        { ...lost, hint: expect.stringContaining("Leave --run-id out") as string },
      ],
      [{ slot: free, runId: ended, force: true }, lost],
      [{ slot: free, runId: holding, force: false }, { code: "stale_lease" }],
      [
        { slot: held, runId: ended, force: false },
        { ...lost, hint: expect.stringContaining(`--run-id ${holding}`) as string },
      ],
      [{ slot: free, runId: stranger, force: false }, { code: "run_not_found" }],
    ] as const;
    const { leaseEpoch } = await findLease(context.store, free);
    for (const [claim, refusal] of cases) {
      await expect(withSlotLease(context, claim, () => expect.unreachable())).rejects.toMatchObject(refusal);
      const plan = await resetDatabase(context, { ...claim, seedVersion: "v1", dryRun: true });
      expect(plan).toMatchObject({ dry_run: true, refused_with: refusal.code });
    }
    expect((await findLease(context.store, free)).leaseEpoch).toBe(leaseEpoch);
  });

  test("is refused where another operation works, and where a lease ran out but nobody has cleared up yet", async () => {
    const { context, slot } = world;
    await acquireMaintenanceLease(context.store, slot, 60);
    const { expiresAt } = await findLease(context.store, slot);
    await expect(withSlotLease(context, { slot, force: false }, act)).rejects.toMatchObject({
      code: "lease_held",
      message: `${slot} is held by another operation until ${expiresAt?.toISOString()}.`,
      hint: expect.stringContaining(`oroboros slots release ${slot}`) as string,
    });
    await context.store
      .updateTable("slot_leases")
      .set({ expires_at: new Date(0) })
      .where("slot_id", "=", slot)
      .execute();
    await expect(withSlotLease(context, { slot, force: true }, act)).rejects.toMatchObject({
      code: "lease_held",
      hint: expect.stringContaining("Try again when it has ended") as string,
    });
  });
});

describe("a slot's database", () => {
  test("is reset, migrated and seeded under a lease of its own, and says what it did", async () => {
    const { context, slot } = world;
    const request = { slot, force: false, dryRun: false };
    expect(await resetDatabase(context, { ...request, seedVersion: null })).toMatchObject({
      db_name: "app_preview_1",
      seed_version: null,
    });
    expect(await migrateDatabase(context, { ...request, dryRun: true })).toMatchObject({ dry_run: true, pending: [] });
    expect(await migrateDatabase(context, request)).toMatchObject({ applied: [] });
    expect(await seedDatabase(context, { ...request, seedVersion: "v1" })).toMatchObject({ seed_version: "v1" });
    const again = seedDatabase(context, { ...request, seedVersion: "v1" });
    await expect(again).rejects.toMatchObject({
      code: "database_not_empty",
      hint: "Start over with: oroboros db reset-and-seed --slot preview-1 --seed-version v1",
    });
    expect(await seedDatabase(context, { ...request, seedVersion: "v1", dryRun: true })).toMatchObject({
      plan: ["app_preview_1 already has rows in public.notes", "apply seed v1 to app_preview_1"],
      refused_with: "database_not_empty",
    });
    await resetDatabase(context, { ...request, seedVersion: null });
    expect(await seedDatabase(context, { ...request, seedVersion: "v1", dryRun: true })).toMatchObject({
      plan: ["apply seed v1 to app_preview_1"],
      refused_with: null,
    });
    expect((await findLease(context.store, slot)).leaseState).toBe("free");
  });

  test("gets the migrations of the commit that stands in the slot", async () => {
    const { context } = world;
    const app = tinyApp(({ files }) => (files["migrations/0002_tags.sql"] = "create table tags (id int);"));
    const commitSha = await world.push("feature/tags", app);
    const lease = await holder();
    await bindWorktree(context.store, { ...lease, commitSha, path: "/nowhere" });
    const request = { slot: lease.slotId, runId: lease.runId, force: false, dryRun: false };
    expect(await resetDatabase(context, { ...request, seedVersion: "v1" })).toMatchObject({
      pending_migrations: ["0002_tags.sql"],
      next: `oroboros db migrate --slot ${lease.slotId} --run-id ${lease.runId}`,
    });
    expect(await migrateDatabase(context, request)).toMatchObject({
      commit_sha: commitSha,
      applied: ["0002_tags.sql"],
    });
    await context.store.deleteFrom("slot_worktree_bindings").execute();
  });

  test("is reset also where the migrations that the slot's commit needs can not be told", async () => {
    const { context } = world;
    const edited = tinyApp(({ files }) => (files["migrations/0001_notes.sql"] = "create table edited (id int);"));
    const commitSha = await world.push("feature/edited", edited);
    const lease = await holder();
    await bindWorktree(context.store, { ...lease, commitSha, path: "/nowhere" });
    const request = { slot: lease.slotId, force: true, seedVersion: null, dryRun: false };
    expect(await resetDatabase(context, request)).toMatchObject({
      pending_migrations: null,
      next: `oroboros db migrate --slot ${lease.slotId} --run-id ${lease.runId}`,
    });
    await context.store.deleteFrom("slot_worktree_bindings").execute();
    const report = await resetDatabase(context, request);
    expect(report).toMatchObject({ pending_migrations: [] });
    expect(report).not.toHaveProperty("next");
  });

  test("that another holds is planned too, and the plan starts with what the operation would need", async () => {
    const { context } = world;
    const { slotId: slot, runId } = await holder();
    const plans = async (claim: { runId?: RunId; force: boolean }) => {
      const request = { slot, ...claim, seedVersion: "v1", dryRun: true };
      const reports = [await resetDatabase(context, request), await seedDatabase(context, request)];
      const held = claim.force || claim.runId !== undefined ? null : "lease_held";
      for (const report of reports) expect(report).toMatchObject({ refused_with: held });
      return reports.map((report) => ("plan" in report ? report.plan[0] : expect.unreachable()));
    };
    const needs = `${slot} is held by run ${runId}: needs --run-id ${runId} or --force`;
    const ready = ["apply 0001_notes.sql of main", "apply seed v1 to app_preview_1"];
    expect(await plans({ force: false })).toEqual([needs, needs]);
    expect(await plans({ runId, force: false })).toEqual(ready);
    expect(await plans({ force: true })).toEqual(ready);
    await context.store
      .updateTable("slot_leases")
      .set({ expires_at: new Date(0) })
      .where("slot_id", "=", slot)
      .execute();
    const wait = `${slot} is held by another operation: wait until it has ended`;
    const expired = { slot, force: true, seedVersion: "v1", dryRun: true };
    for (const report of [await resetDatabase(context, expired), await seedDatabase(context, expired)])
      expect(report).toMatchObject({ plan: expect.arrayContaining([wait]) as string[], refused_with: "lease_held" });
  });

  test("is left alone by a dry run, which says what would be done", async () => {
    const { context, slot } = world;
    const { leaseEpoch } = await findLease(context.store, slot);
    const dry = { slot, force: false, seedVersion: "v1", dryRun: true };
    expect(await resetDatabase(context, dry)).toMatchObject({
      dry_run: true,
      plan: ["apply 0001_notes.sql of main", "apply seed v1", "swap it in as app_preview_1"],
    });
    expect(await seedDatabase(context, dry)).toMatchObject({ dry_run: true });
    expect((await findLease(context.store, slot)).leaseEpoch).toBe(leaseEpoch);
  });

  test("whose template claims another slot is refused by every operation, before anything is touched", async () => {
    const { slot } = world;
    const untouched = { get: (): never => expect.unreachable("touched the slot's processes") };
    const context = {
      ...world.context,
      databaseUrlTemplate: world.context.databaseUrlTemplate.replace("{slot}", "2"),
      processes: new Proxy(world.context.processes, untouched),
    };
    const { leaseEpoch } = await findLease(context.store, slot);
    const request = { slot, force: true, seedVersion: "v1", dryRun: false };
    const refusals = [
      resetDatabase(context, request),
      seedDatabase(context, request),
      migrateDatabase(context, request),
      runBackendCommand(context, { slot, command: "start" }),
      runBackendCommand(context, { slot, command: "restart" }),
    ];
    for (const refusal of refusals) await expect(refusal).rejects.toMatchObject({ code: "slot_database_mismatch" });
    expect((await findLease(context.store, slot)).leaseEpoch).toBe(leaseEpoch);
  });

  test("that can not be reset is recorded as such, with the reason", async () => {
    const { context, slot } = world;
    await world.push(
      "main",
      tinyApp(({ files }) => (files["seeds/v1.sql"] = "insert into nowhere values (1);")),
    );
    try {
      const reset = resetDatabase(context, { slot, force: false, seedVersion: "v1", dryRun: false });
      await expect(reset).rejects.toThrow("nowhere");
    } finally {
      await world.push("main", tinyApp());
    }
    const last = await context.store
      .selectFrom("preview_db_resets")
      .selectAll()
      .orderBy("reset_id", "desc")
      .executeTakeFirstOrThrow();
    expect(last).toMatchObject({ slot_id: slot, reset_status: "failed" });
    expect(JSON.stringify(last.details)).toContain("nowhere");
    expect((await findLease(context.store, slot)).leaseState).toBe("free");
  });
});

describe("allocating a slot", () => {
  test("leases the first free one and resets its database", async () => {
    const runId = await world.queueRun({});
    const allocated = await allocateSlot(world.context, { runId, seedVersion: "v1" });
    expect(allocated).toMatchObject({
      acquired: true,
      slot_id: world.slot,
      run_id: runId,
      reset: { seed_version: "v1" },
    });
    expect((await world.run(runId)).status).toBe("planning");
    await expect(allocateSlot(world.context, { runId, seedVersion: "v1" })).rejects.toMatchObject({
      code: "invalid_transition",
    });
  });

  test("answers with the place in the queue where the pool is full", async () => {
    await holder();
    await holder();
    const [first, second] = [await world.queueRun({}), await world.queueRun({})];
    const answers = [
      await allocateSlot(world.context, { runId: first, seedVersion: "v1" }),
      await allocateSlot(world.context, { runId: second, seedVersion: "v1" }),
    ];
    expect(answers).toEqual([
      { acquired: false, queue_reason: WAITING_FOR_SLOT, queue_position: 1 },
      { acquired: false, queue_reason: WAITING_FOR_SLOT, queue_position: 2 },
    ]);
    expect(await planAllocation(world.context, { seedVersion: "v1" })).toMatchObject({
      free_slots: [],
      refused_with: "no_free_slot",
    });
    await cancel(first);
    await cancel(second);
  });

  test("refuses a run that is not there and a seed that main does not declare, and takes nothing", async () => {
    const { leaseEpoch } = await findLease(world.context.store, world.slot);
    const runId = await world.queueRun({});
    const stranger = "00000000-0000-4000-8000-000000000000" as RunId;
    await expect(allocateSlot(world.context, { runId: stranger, seedVersion: "v1" })).rejects.toMatchObject({
      code: "run_not_found",
    });
    await expect(allocateSlot(world.context, { runId, seedVersion: "v9" })).rejects.toMatchObject({
      code: "seed_not_found",
    });
    expect((await findLease(world.context.store, world.slot)).leaseEpoch).toBe(leaseEpoch);
    await cancel(runId);
  });

  test("takes nothing where main's seed fails, and the run keeps its place in the queue", async () => {
    const { context, slot } = world;
    const { leaseEpoch } = await findLease(context.store, slot);
    await world.push(
      "main",
      tinyApp(({ files }) => (files["seeds/v1.sql"] = "insert into nowhere values (2);")),
    );
    const runId = await world.queueRun({});
    try {
      await expect(allocateSlot(context, { runId, seedVersion: "v1" })).rejects.toMatchObject({ code: "seed_failed" });
    } finally {
      await world.push("main", tinyApp());
    }
    expect((await findLease(context.store, slot)).leaseEpoch).toBe(leaseEpoch);
    expect((await world.run(runId)).status).toBe("queued");
    expect(await allocateSlot(context, { runId, seedVersion: "v1" })).toMatchObject({ acquired: true });
  });

  test("whose database can not be reset ends the run and frees the slot, which is cleaned before the next run gets it", async () => {
    const { context, slot } = world;
    const runId = await world.queueRun({});
    armFault("reset.before_swap:throw");
    await expect(allocateSlot(context, { runId, seedVersion: "v1" })).rejects.toMatchObject({
      code: "reset_failed",
      hint: expect.stringContaining(`oroboros runs retry ${runId}`) as string,
    });
    expect(await findLease(context.store, slot)).toMatchObject({ runId: null, leaseState: "quarantined" });
    expect(await world.run(runId)).toMatchObject({
      status: "failed",
      failureReasonCode: "MIGRATION_FAILED",
      failureMessage: expect.stringContaining("did not finish") as string,
    });
  });

  test("and lost to somebody else while it is prepared, leaves run and slot to them", async () => {
    const { context, slot } = world;
    const runId = await world.queueRun({});
    const claim = await claimSlot(context.store, { runId, ttlSeconds: LEASE_TTL_SECONDS });
    if (claim.outcome !== "claimed") throw new Error(`the run is ${claim.outcome}`);
    const commitSha = commitShaSchema.parse("1".repeat(40));
    await requestAttempt(context.store, { runId, commitSha });
    await beginAttempt(context.store, runId);
    await failAllocation(context, claim.lease, new Error("late"));
    expect(await findLease(context.store, slot)).toMatchObject({ runId, leaseState: "held" });
    expect((await world.run(runId)).status).toBe("planning");
  });

  test("planned, it says which slot, and takes none", async () => {
    const plan = await planAllocation(world.context, { seedVersion: "v1" });
    expect(plan).toMatchObject({ dry_run: true, free_slots: [world.slot, world.other] });
    expect((await findLease(world.context.store, world.slot)).leaseState).toBe("free");
  });
});

test("of every slot, idle or held, surface, backend and proxied backend are asked for their health", async () => {
  const { context, slot, other } = world;
  await holder();
  const asked: string[] = [];
  const fetch = (url: unknown): Promise<Response> => {
    asked.push(String(url));
    return Promise.resolve(Response.json({ status: "ok", ready: true }));
  };
  const { ok, slots } = await checkSlots({ ...context, fetch });
  const seen = slots.map(({ slot_id, state, checks }) => [slot_id, state, checks.map(({ name }) => name)]);
  expect(seen).toEqual([
    [slot, "held", ["surface", "backend", "api"]],
    [other, "idle", ["surface", "backend", "api"]],
  ]);
  expect(ok).toBe(true);
  expect(asked).toHaveLength(6);
});

test("a lease that ran out after its run had ended is taken away, and the run's ending stays as it was", async () => {
  const { store } = world.context;
  const { slotId, runId } = await holder();
  await cancel(runId);
  await store
    .updateTable("slot_leases")
    .set({ expires_at: new Date(0) })
    .where("slot_id", "=", slotId)
    .execute();
  expect(await sweepSlots(world.context)).toEqual({
    expired: [slotId],
    evicted: [],
    cleaned: [],
    restored: [],
    woken: 0,
  });
  expect((await world.run(runId)).status).toBe("canceled");
});

const forever = new Promise<never>(() => undefined);

test("as many waiting runs are woken as there are free slots, the oldest first, and after them whoever restores the others", async () => {
  const runs = [await world.queueRun({}), await world.queueRun({}), await world.queueRun({})];
  const woken: string[] = [];
  const queue = {
    ...world.context.queue,
    enqueue: async (runId: RunId) => void woken.push(runId),
    enqueueSweep: async () => void woken.push("sweep"),
  };
  expect(await wakeQueue({ ...world.context, queue })).toBe(2);
  expect(woken).toEqual([...runs.slice(0, 2), "sweep"]);
  await Promise.all(runs.map(cancel));
});

test("a queue that does not answer keeps a sweep and a freed slot waiting no longer than a moment, and is reported", async () => {
  const { context } = world;
  const run = await world.queueRun({});
  const warned: object[] = [];
  const silent = {
    ...context,
    log: { ...context.log, warn: (fields: object) => void warned.push(fields) },
    queue: { ...context.queue, enqueue: () => forever, enqueueSweep: () => forever },
  };
  expect(await wakeQueue(silent)).toBe(0);
  expect(warned).toMatchObject([{ run_id: run }, {}]);
  expect(await sweepSlots(silent)).toMatchObject({ woken: 0 });
  await cancel(run);
});

test("a slot is free again although the database was away when its maintenance ended", async () => {
  const { context, slot, env } = world;
  const away = openControlStore({ databaseUrl: env.DATABASE_URL.replace(/:\d+\//, ":1/"), onError: () => undefined });
  const lease = await acquireMaintenanceLease(context.store, slot, 60);
  if (lease === undefined) throw new Error("the slot is free");
  let asked = 0;
  const restarting = {
    clock: { ...context.clock, sleep: async () => undefined },
    get store() {
      asked += 1;
      return asked < 4 ? away.db : context.store;
    },
  };
  await endMaintenance(restarting, lease, { clean: true });
  await away.close();
  expect([asked, (await findLease(context.store, slot)).leaseState]).toEqual([4, "free"]);
});
