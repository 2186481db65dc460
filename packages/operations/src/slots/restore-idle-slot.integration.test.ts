import { readlinkSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import {
  bindWorktree,
  claimSlot,
  findLease,
  findSlotIdentity,
  findWorktree,
  releaseLease,
  renewLease,
  transitionRun,
  type Lease,
} from "@oroboros/control-store";
import { stageFile } from "@oroboros/host";
import {
  backendJobFile,
  backendPort,
  currentPath,
  frontendPort,
  LEASE_TTL_SECONDS,
  loopbackUrl,
  placeholderPath,
  slotLogin,
  surfaceLink,
  type SlotId,
} from "@oroboros/slot-contract";
import { releaseNode } from "@oroboros/slot-contract/host";
import { tinyApp } from "@oroboros/test-runtime";
import { eventually } from "@oroboros/test-support";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Context } from "../context.ts";
import { aWorld, type TestWorld } from "../testing/a-world.ts";
import { startProcesses } from "../testing/start-processes.ts";
import { renewStaleBackends } from "../database/renew-stale-backends.ts";
import { resetDatabase } from "../database/reset-database.ts";
import { resetLeasedDatabase } from "../database/reset-leased-database.ts";
import { readBaseTemplate } from "../git/base-template.ts";
import { restoreLostJobs } from "../reconcile/restore-lost-jobs.ts";
import { allocateSlot } from "./allocate-slot.ts";
import { clearSlot } from "./clear-slot.ts";
import { restoreIdleSlot } from "./restore-idle-slot.ts";
import { withFreeSlot } from "./with-free-slot.ts";
import { sweepSlots } from "./sweep-slots.ts";

// Stands for the release's api: what is tested here is when it is started, and on what.
const IDLE_API = `
import { createServer } from "node:http";
const { SLOT_ID, SLOT_BACKEND_PORT, DATABASE_URL } = process.env;
const { pathname: database, username: login } = new URL(DATABASE_URL);
const body = JSON.stringify({ slot_id: SLOT_ID, argv: process.argv.slice(2), pid: process.pid, database, login });
createServer((request, response) => response.writeHead(200, { "content-type": "application/json" }).end(body))
  .listen(Number(SLOT_BACKEND_PORT), "127.0.0.1");
`;

let world: TestWorld;
let processes: AsyncDisposable;

beforeAll(async () => {
  world = await aWorld();
  const { contract } = world;
  await mkdir(`${currentPath(contract)}/apps`, { recursive: true });
  await writeFile(`${currentPath(contract)}/apps/package.json`, '{"type":"module"}');
  await writeFile(`${currentPath(contract)}/apps/api.js`, IDLE_API);
  await mkdir(placeholderPath(contract), { recursive: true });
  await writeFile(`${placeholderPath(contract)}/index.html`, "<!doctype html><title>free</title>");
  await stageFile(process.execPath, releaseNode(contract), 0o755);
  await world.push("main", tinyApp());
  processes = await startProcesses(contract);
});

afterAll(async () => {
  await processes?.[Symbol.asyncDispose]();
  await world?.[Symbol.asyncDispose]();
});

beforeEach(() => world.context.store.deleteFrom("idle_slots").execute());

interface Idle {
  slot_id: string;
  argv: string[];
  pid: number;
  database: string;
  login: string;
}

const answerOf = async (slot: SlotId): Promise<Idle> =>
  (await (await fetch(`${loopbackUrl(frontendPort(world.contract, slot))}/api/health`)).json()) as Idle;

const pageOf = async (slot: SlotId): Promise<string> =>
  (await fetch(loopbackUrl(frontendPort(world.contract, slot)))).text();

async function lastReset(slot: SlotId) {
  const { store } = world.context;
  const resets = store.selectFrom("preview_db_resets").selectAll().where("slot_id", "=", slot);
  return resets.orderBy("reset_id", "desc").executeTakeFirst();
}

async function claimed(): Promise<Lease> {
  const runId = await world.queueRun({});
  const claim = await claimSlot(world.context.store, { runId, ttlSeconds: LEASE_TTL_SECONDS });
  if (claim.outcome !== "claimed") throw new Error(`the run is ${claim.outcome}`);
  return claim.lease;
}

async function end(lease: Pick<Lease, "slotId" | "runId" | "leaseEpoch">): Promise<void> {
  await transitionRun(world.context.store, { runId: lease.runId, to: "canceled", reasonCode: "AGENT_CANCELED" });
  await releaseLease(world.context.store, lease);
}

async function runOut(slot: SlotId): Promise<void> {
  const { store } = world.context;
  await store
    .updateTable("slot_leases")
    .set({ expires_at: new Date(0) })
    .where("slot_id", "=", slot)
    .execute();
}

const resetByHand = (slot: SlotId) =>
  resetDatabase(world.context, { slot, force: false, seedVersion: null, dryRun: false });
const currentLogin = async (slot: SlotId): Promise<string> => {
  const identity = await findSlotIdentity(world.context.store, slot);
  if (identity === undefined) throw new Error(`${slot} was never reset`);
  return slotLogin(slot, identity.loginEpoch);
};

test("an operator's reset of a free slot starts its backend again, under the login that it has made", async () => {
  const { context, slot } = world;
  await restoreIdleSlot(context, slot);
  const before = await answerOf(slot);
  expect(before.login).toBe(await currentLogin(slot));
  expect(await resetByHand(slot)).toMatchObject({ backend_restarted: true });
  const after = await answerOf(slot);
  expect(after.login).toBe(await currentLogin(slot));
  expect(after.login).not.toBe(before.login);
  expect(after.pid).not.toBe(before.pid);
});

test("an idle slot whose host was booted anew is started again on the database that it had", async () => {
  const { context, contract, slot } = world;
  await restoreIdleSlot(context, slot);
  const before = await answerOf(slot);
  await context.processes.backend(slot, "stop");
  await rm(backendJobFile(contract, slot));
  expect(await restoreLostJobs(context)).toEqual([slot]);
  const after = await eventually(() => answerOf(slot).catch(() => undefined), { deadlineMs: 30_000 });
  expect({ ...after, pid: 0 }).toEqual({ ...before, pid: 0 });
  expect(await restoreLostJobs(context)).toEqual([]);
});

test("a backend that an operator has stopped stays so through a reset, and starts under the new login", async () => {
  const { context, slot } = world;
  await restoreIdleSlot(context, slot);
  await context.processes.backend(slot, "stop");
  expect(await resetByHand(slot)).toMatchObject({ backend_restarted: false });
  expect(await context.processes.backend(slot, "status")).toMatchObject({ ok: true, state: "stopped" });
  await context.processes.backend(slot, "start", { healthTimeoutMs: 30_000 });
  expect((await answerOf(slot)).login).toBe(await currentLogin(slot));
});

test("a backend that a killed reset has told nothing is told by the worker, once that reset must be over", async () => {
  const { context, slot } = world;
  await restoreIdleSlot(context, slot);
  const before = await answerOf(slot);
  const began = Date.now();
  await withFreeSlot(context, slot, async (lease) => {
    await resetLeasedDatabase(context, lease, await readBaseTemplate(context.source, "latest"));
  });
  const at = (ms: number): Context => ({ ...context, clock: { ...context.clock, today: () => new Date(ms) } });
  expect(await renewStaleBackends(at(began))).toEqual([]);
  const later = at(Date.now() + 60_000);
  expect(await renewStaleBackends(later)).toEqual([slot]);
  const after = await answerOf(slot);
  expect(after.login).toBe(await currentLogin(slot));
  expect(after.login).not.toBe(before.login);
  expect(await renewStaleBackends(later)).toEqual([]);
});

test("an idle slot shows the placeholder, and the release's api answers in slot mode on main's fresh database", async () => {
  const { context, slot } = world;
  expect(await restoreIdleSlot(context, slot)).toBe("restored");
  expect(await answerOf(slot)).toMatchObject({ slot_id: slot, argv: ["--slot-backend"], database: "/app_preview_1" });
  expect(await pageOf(slot)).toContain("<title>free");
  expect(await lastReset(slot)).toMatchObject({ reset_status: "succeeded", run_id: null, seed_version: "v1" });
  expect(await findLease(context.store, slot)).toMatchObject({ leaseState: "free", runId: null });
});

test("a slot that stands already as it should is left alone, and so is the backend that an operator stopped", async () => {
  const { context, slot } = world;
  await restoreIdleSlot(context, slot);
  const [{ pid }, reset] = [await answerOf(slot), await lastReset(slot)];
  expect(await restoreIdleSlot(context, slot)).toBe("already");
  expect((await answerOf(slot)).pid).toBe(pid);
  await context.processes.backend(slot, "stop");
  expect((await sweepSlots(context)).restored).toEqual([world.other]);
  expect(await context.processes.backend(slot, "status")).toMatchObject({ ok: true, state: "stopped" });
  expect(await lastReset(slot)).toEqual(reset);
  expect(await context.processes.backend(slot, "start", { healthTimeoutMs: 30_000 })).toMatchObject({ ok: true });
  expect((await answerOf(slot)).slot_id).toBe(slot);
});

test("where main has nothing to start from, an idle slot's database is empty", async () => {
  const { context, slot } = world;
  await world.push(
    "main",
    tinyApp(({ files }) => (files["seeds/v1.sql"] = "insert into nowhere values (1);")),
  );
  try {
    expect(await restoreIdleSlot(context, slot)).toBe("restored");
    expect(await lastReset(slot)).toMatchObject({ reset_status: "succeeded", seed_version: null });
    expect((await answerOf(slot)).slot_id).toBe(slot);
  } finally {
    await world.push("main", tinyApp());
  }
});

test("a slot that a run leaves behind is emptied and restored by the next sweep", async () => {
  const { context } = world;
  await sweepSlots(context);
  const lease = await claimed();
  await clearSlot(context, lease);
  await bindWorktree(context.store, { ...lease, commitSha: "a".repeat(40) as never, path: "/nowhere" });
  expect(await restoreIdleSlot(context, lease.slotId)).toBe("taken");
  await end(lease);
  expect(await sweepSlots(context)).toMatchObject({ restored: [lease.slotId] });
  expect(await findWorktree(context.store, lease.slotId)).toBeUndefined();
  expect((await answerOf(lease.slotId)).slot_id).toBe(lease.slotId);
});

test("a slot that was only allocated, its database handed to the run, is restored as well once the run has left it", async () => {
  const { context, slot } = world;
  await sweepSlots(context);
  const runId = await world.queueRun({});
  expect(await allocateSlot(context, { runId, seedVersion: "v1" })).toMatchObject({ acquired: true, slot_id: slot });
  await end({ ...(await findLease(context.store, slot)), runId });
  expect(await sweepSlots(context)).toMatchObject({ restored: [slot] });
});

test("queued runs go first: what they need is not restored, and one that comes meanwhile is woken at the end", async () => {
  const { context, slot, other } = world;
  const runs = [await world.queueRun({}), await world.queueRun({})];
  expect(await restoreIdleSlot(context, slot)).toBe("taken");
  await transitionRun(context.store, { runId: runs[0]!, to: "canceled", reasonCode: "AGENT_CANCELED" });
  const woken: string[] = [];
  const queue = { ...context.queue, enqueue: async (runId: string) => void woken.push(runId) };
  expect(await restoreIdleSlot({ ...context, queue } as Context, other)).toBe("restored");
  expect(woken).toEqual([runs[1]]);
  await transitionRun(context.store, { runId: runs[1]!, to: "canceled", reasonCode: "AGENT_CANCELED" });
});

test.each(["purge", "backend"] as const)(
  "a restoration that dies at %s is finished by a later sweep, once its lease has run out",
  async (call) => {
    const { context, slot } = world;
    // Nothing after this call happens, its lease's release included, until long after somebody else has taken over.
    const killed = Promise.withResolvers<never>();
    const reached = Promise.withResolvers<void>();
    const dying = { ...context.processes, [call]: () => (reached.resolve(), killed.promise) };
    const late = expect(restoreIdleSlot({ ...context, processes: dying }, slot)).rejects.toThrow();
    await reached.promise;
    expect(await restoreIdleSlot(context, slot)).toBe("taken");
    const lease = await findLease(context.store, slot);
    await runOut(slot);
    expect(await renewLease(context.store, lease, 60)).toBe(false);
    expect((await sweepSlots(context)).restored).toContain(slot);
    const { pid } = await answerOf(slot);
    killed.reject(new Error("killed"));
    await late;
    expect(await answerOf(slot)).toMatchObject({ slot_id: slot, pid });
  },
);

test("a restoration that lost its lease changes nothing more, and does not count as one", async () => {
  const { context, slot } = world;
  const losing = {
    ...context.processes,
    purge: async (of: SlotId) => {
      await context.processes.purge(of);
      await runOut(of);
    },
  };
  const before = await lastReset(slot);
  await expect(restoreIdleSlot({ ...context, processes: losing }, slot)).rejects.toMatchObject({ code: "stale_lease" });
  expect(await lastReset(slot)).toEqual(before);
  expect(readlinkSync(surfaceLink(world.contract, slot))).toBe(placeholderPath(world.contract));
  await expect(fetch(loopbackUrl(backendPort(world.contract, slot)))).rejects.toThrow();
  expect((await sweepSlots(context)).restored).toContain(slot);
});
