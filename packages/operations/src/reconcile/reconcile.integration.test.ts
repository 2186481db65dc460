import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import {
  acquireMaintenanceLease,
  beginAttempt,
  findLease,
  noteIdle,
  releaseLease,
  requestAttempt,
} from "@oroboros/control-store";
import { slotDatabaseUrl } from "@oroboros/db-safety";
import { armFault } from "@oroboros/host";
import {
  artifactsPath,
  frontendPort,
  loopbackUrl,
  OperatorError,
  slotSurfaces,
  type RunId,
  type SlotId,
} from "@oroboros/slot-contract";
import { eventually, queryRows } from "@oroboros/test-support";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Context } from "../context.ts";
import { slotAccess } from "../database/slot-access.ts";
import { publishRun } from "../publish/publish-run.ts";
import { aRunningWorld, cancelHolder } from "../testing/a-running-world.ts";
import type { TestWorld } from "../testing/a-world.ts";
import { changedApp } from "../testing/changed-app.ts";
import { carryOutActions } from "./carry-out-actions.ts";
import { observeSlots } from "./observe-slots.ts";
import { observeTraffic } from "./observe-traffic.ts";
import { planSlots } from "./plan-reconcile.ts";
import { keepHouse, reconcileSlots } from "./reconcile.ts";

let world: TestWorld;
const never = new AbortController().signal;
const DEADLINE = { deadlineMs: 30_000 };
const DAY_MS = 86_400_000;
const ROOMY = { evidenceMaxAgeMs: 30 * DAY_MS, evidenceBytes: 1e12, packagesBytes: 1e12 };

beforeAll(async () => {
  world = await aRunningWorld();
});
afterAll(() => world?.[Symbol.asyncDispose]());
afterEach(() => cancelHolder(world));

/** A slot as a restoration leaves it, without the process that only a release has. */
async function standIdle(slot: SlotId): Promise<void> {
  const { store } = world.context;
  const lease = await acquireMaintenanceLease(store, slot, 60);
  if (lease === undefined) throw new Error(`${slot} is not free`);
  await store.transaction().execute((tx) => noteIdle(tx, lease));
  await releaseLease(store, lease, { clean: true });
}

async function live(): Promise<RunId> {
  await world.push("feature/kept", changedApp("first"));
  const runId = await world.queueRun({ branch: "feature/kept" });
  expect(await publishRun(world.context, runId, never)).toMatchObject({ outcome: "published" });
  return runId;
}

const plan = async (): Promise<object[]> => {
  const { idle, kept } = await observeSlots(world.context);
  return planSlots(idle, kept);
};
const databasesAside = async (): Promise<unknown[] | undefined> =>
  (await queryRows(world.env.DATABASE_URL, "select datname from pg_database where datname ~ '^(kept|retired)_'"))[0];

test("what lies in a slot that stands idle goes with the slot's next cleaning, and what an idle slot holds stays", async () => {
  const { contract, context, slot, other } = world;
  await reconcileSlots(context);
  for (const each of [slot, other]) await standIdle(each);
  expect((await plan()).filter((action) => "slotId" in action && action.slotId === other)).toEqual([]);
  const stray = `${slotSurfaces(contract, slot)}/left-1`;
  await mkdir(stray, { recursive: true });
  await writeFile(`${stray}/index.html`, "somebody's");
  expect(await plan()).toEqual([{ kind: "clean_slot", slotId: slot, why: "surface left-1" }]);
  const { cleaned } = await reconcileSlots(context);
  expect(cleaned).toContain(slot);
  expect(existsSync(stray)).toBe(false);
});

test("a supervisor that does not answer keeps no lease from ending, and is not waited for for ever", async () => {
  const { context, slot, other } = world;
  for (const each of [slot, other]) await standIdle(each);
  const runId = await live();
  const { store } = context;
  const giveUp: ((error: Error) => void)[] = [];
  const runningSteps = (): Promise<never> => new Promise((_resolve, reject) => giveUp.push(reject));
  const hung = { ...context, processes: { ...context.processes, runningSteps } };
  await expect(observeSlots(hung, 50)).rejects.toThrow("no answer within 50 ms");
  await store
    .updateTable("slot_leases")
    .set({ expires_at: new Date(0) })
    .where("run_id", "=", runId)
    .execute();
  const asked = giveUp.length;
  const round = reconcileSlots(hung, AbortSignal.abort());
  await eventually(() => giveUp.length > asked, DEADLINE);
  expect((await world.run(runId)).status).toBe("expired");
  for (const reject of giveUp) reject(new Error("the supervisor is gone"));
  expect((await round).expired).toEqual([slot]);
});

test("a slot that a run takes meanwhile is not cleaned under it", async () => {
  const { context, slot } = world;
  const runId = await live();
  const { slotId } = await findLease(context.store, slot);
  expect(await carryOutActions(context, [{ kind: "clean_slot", slotId, why: "as it was before" }])).toEqual({});
  expect((await findLease(context.store, slotId)).leaseState).toBe("held");
  expect((await world.run(runId)).status).toBe("needs_approval");
});

test("a database that a publish has put aside and its worker left is dropped, and one that a publish may want back is not", async () => {
  const { context } = world;
  const runId = await live();
  await world.push("feature/kept", changedApp("second"));
  await requestAttempt(context.store, { runId, commitSha: null });
  armFault("republish.after_success:throw");
  expect(await publishRun(context, runId, never)).toMatchObject({ outcome: "published" });
  expect(await databasesAside()).toEqual([{ datname: "kept_1" }]);
  const { attempt } = await requestAttempt(context.store, { runId, commitSha: null });
  expect(await plan()).toEqual([]);
  await context.store
    .updateTable("publish_attempts")
    .set({ status: "canceled" })
    .where("attempt", "=", attempt.attempt)
    .execute();
  await reconcileSlots(context);
  expect(await databasesAside()).toEqual([]);
  expect((await fetch(`${loopbackUrl(frontendPort(world.contract, world.slot))}/api/health`)).status).toBe(200);
});

/** The preview of `first` lives with a row of its reviewer's, and a publish has failed and could not be pointed back. */
async function notPutBack(): Promise<RunId> {
  const { context } = world;
  const runId = await live();
  await queryRows(await slotUrl(), "insert into notes values (77, 'typed by the reviewer')");
  const broken = changedApp("second", (app) => (app.files["server/server.mjs"] = "process.exit(3);"));
  await world.push("feature/kept", broken);
  await requestAttempt(context.store, { runId, commitSha: null });
  const { backend } = context.processes;
  let isDown = false;
  const silent: typeof backend = (slot, command, options) => {
    isDown ||= command === "restart";
    if (!isDown || command !== "stop") return backend(slot, command, options);
    throw new OperatorError("unreachable", "The supervisor does not answer.", { hint: "Start it." });
  };
  const outcome = await publishRun({ ...context, processes: { ...context.processes, backend: silent } }, runId, never);
  expect(outcome).toMatchObject({ outcome: "failed" });
  return runId;
}

const slotUrl = async (): Promise<string> => slotDatabaseUrl(await slotAccess(world.context, world.slot));
const reviewersRows = async (): Promise<number | undefined> =>
  (await queryRows(await slotUrl(), "select from notes where id = 77"))[0]?.length;

test("the database of a preview that could not be put back stays aside until the next publish has put it back", async () => {
  const { context } = world;
  const runId = await notPutBack();
  await reconcileSlots(context);
  expect(await databasesAside()).toEqual([{ datname: "kept_1" }]);
  await world.push(
    "feature/kept",
    changedApp("first", (app) => (app.files["server/server.mjs"] += "// third\n")),
  );
  await requestAttempt(context.store, { runId, commitSha: null });
  expect(await publishRun(context, runId, never)).toMatchObject({ outcome: "published" });
  expect(await reviewersRows()).toBe(1);
  await reconcileSlots(context);
  expect(await databasesAside()).toEqual([]);
  expect(await reviewersRows()).toBe(1);
});

test("a database that could not be put back goes with its run", async () => {
  await notPutBack();
  await cancelHolder(world);
  await reconcileSlots(world.context);
  expect(await databasesAside()).toEqual([]);
});

test("a database that is proven is not swapped for the one before it, whoever dies before that is dropped", async () => {
  const { context } = world;
  const runId = await live();
  await world.push("feature/kept", changedApp("second"));
  await requestAttempt(context.store, { runId, commitSha: null });
  armFault("republish.after_success:throw");
  expect(await publishRun(context, runId, never)).toMatchObject({ outcome: "published" });
  await queryRows(await slotUrl(), "insert into notes values (77, 'typed by the reviewer')");
  await requestAttempt(context.store, { runId, commitSha: null });
  armFault("republish.after_begin:throw");
  await expect(publishRun(context, runId, never)).rejects.toThrow("republish.after_begin");
  expect(await databasesAside()).toEqual([{ datname: "kept_1" }]);
  await context.store
    .updateTable("slot_leases")
    .set({ heartbeat_at: new Date(0) })
    .where("run_id", "=", runId)
    .execute();
  expect(await publishRun(context, runId, never)).toMatchObject({ outcome: "published" });
  expect(await reviewersRows()).toBe(1);
  expect(await databasesAside()).toEqual([]);
});

test("a database aside is not dropped under a publish that began after it was looked at", async () => {
  const { context } = world;
  const runId = await live();
  await world.push("feature/kept", changedApp("second"));
  await requestAttempt(context.store, { runId, commitSha: null });
  armFault("republish.after_success:throw");
  await publishRun(context, runId, never);
  const { kept } = await observeSlots(context);
  const actions = planSlots([], kept);
  expect(actions).toMatchObject([{ kind: "drop_kept" }]);
  await requestAttempt(context.store, { runId, commitSha: null });
  await beginAttempt(context.store, runId, { workerId: null, runTimeoutSeconds: 60 });
  expect(await carryOutActions(context, actions)).toEqual({});
  expect(await databasesAside()).toEqual([{ datname: "kept_1" }]);
});

test("evidence of a run that ended long ago goes and that is written down; of a live run it stays", async () => {
  const { context, contract } = world;
  const { store } = context;
  const [old, last] = [await live(), await cancelHolder(world).then(live)];
  await cancelHolder(world);
  const open = await live();
  await store
    .updateTable("runs")
    .set({ updated_at: new Date(Date.now() - 40 * DAY_MS) })
    .where("run_id", "in", [old, open])
    .execute();
  await keepHouse(context, ROOMY);
  const remains = [old, last, open].map((runId) => existsSync(`${artifactsPath(contract)}/${runId}`));
  expect(remains).toEqual([false, true, true]);
  const rows = await store
    .selectFrom("audit_log")
    .select(["action", "run_id"])
    .where("action", "=", "evidence_removed")
    .execute();
  expect(rows).toEqual([{ action: "evidence_removed", run_id: old }]);
});

test("looking at a preview is noted, and a surface that nobody has used says nothing", async () => {
  const { context, contract, slot } = world;
  await live();
  const trafficAt = async (): Promise<Date | null> =>
    (
      await context.store
        .selectFrom("slot_leases")
        .select("traffic_at")
        .where("slot_id", "=", slot)
        .executeTakeFirstOrThrow()
    ).traffic_at;
  const before = new Date();
  await fetch(`${loopbackUrl(frontendPort(contract, slot))}/`);
  const noted = await eventually(async () => {
    await observeTraffic(context);
    return trafficAt();
  }, DEADLINE);
  expect(noted.getTime()).toBeGreaterThan(before.getTime() - 2_000);
  const headers = { location: "/", "x-oroboros-idle-seconds": "0" };
  const elsewhere: Context = {
    ...context,
    fetch: async (_url, init) => new Response("", { status: init?.redirect === "manual" ? 307 : 200, headers }),
  };
  await context.store.updateTable("slot_leases").set({ traffic_at: null }).execute();
  await observeTraffic(elsewhere);
  expect(await trafficAt()).toBeNull();
});
