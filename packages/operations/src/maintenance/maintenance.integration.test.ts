import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { acquireLease, acquireMaintenanceLease, transitionRun } from "@oroboros/control-store";
import { artifactsPath, SLOT_ACCESS_SCHEMA, type HealthReport, type RunId } from "@oroboros/slot-contract";
import { maintenancePath } from "@oroboros/slot-contract/host";
import { queryRows } from "@oroboros/test-support";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Context } from "../context.ts";
import { aWorld, type TestWorld } from "../testing/a-world.ts";
import { houseLimits } from "./house-limits.ts";
import { keepSummary } from "./keep-summary.ts";
import { pruneHouse } from "./prune-house.ts";
import { reapLeases } from "./reap-leases.ts";
import { summarizeDay } from "./summarize-day.ts";

let world: TestWorld;
const DAY_MS = 86_400_000;
const HEALTHY: HealthReport = {
  ok: true,
  scope: "all",
  checked_at: "2026-11-21T04:00:00Z",
  release_id: null,
  services: [{ service: "api", unit: null, target: "-", status: "healthy", detail: null, next: null, duration_ms: 1 }],
};

beforeAll(async () => {
  world = await aWorld();
});
afterAll(() => world?.[Symbol.asyncDispose]());

const asRoot = (...statements: string[]): Promise<unknown[][]> =>
  queryRows(world.superuserUrl("builder_control"), ...statements);
const at = (context: Context, day: string): Context => ({
  ...context,
  clock: { ...context.clock, today: () => new Date(`${day}T04:00:00Z`) },
});

describe("reaping leases", () => {
  test("ends those that ran out with their runs, once, and leaves the others and the slot's cleaning to the worker", async () => {
    const { context, slot, other } = world;
    const runId = await world.queueRun({ branch: "main" });
    await acquireLease(context.store, { runId, ttlSeconds: 600 });
    await acquireMaintenanceLease(context.store, other, 600);
    await asRoot(`update slot_leases set expires_at = clock_timestamp() - interval '1 s' where slot_id = '${slot}'`);

    const expired = [{ slot_id: slot, run_id: runId }];
    expect(await reapLeases(context, { dryRun: true })).toEqual({ dry_run: true, expired, woken: 0 });
    expect((await world.run(runId)).status).toBe("queued");
    expect(await reapLeases(context, { dryRun: false })).toMatchObject({ dry_run: false, expired });
    expect((await world.run(runId)).status).toBe("expired");
    expect(await reapLeases(context, { dryRun: false })).toMatchObject({ expired: [] });
    const [slots] = await asRoot("select quarantined_at is not null as dirty from slot_leases order by slot_number");
    expect(slots).toEqual([{ dirty: true }, { dirty: false }]);
  });
});

describe("pruning", () => {
  test("removes evidence that is past its age; a dry run says the same and removes nothing", async () => {
    const { context, env } = world;
    const [old, last] = [await endedRun(), await endedRun()];
    const later = { ...context, clock: { ...context.clock, today: () => new Date(Date.now() + 31 * DAY_MS) } };
    const planned = { evidence: [{ run_id: old, bytes: expect.any(Number), why: "age" }], packages: [], templates: [] };

    const dry = await pruneHouse(later, houseLimits(env), { dryRun: true });
    expect(dry).toEqual({ dry_run: true, ...planned, removed: { evidence: 0, packages: 0, templates: 0 } });
    expect(existsSync(`${artifactsPath(world.contract)}/${old}`)).toBe(true);
    const done = await pruneHouse(later, houseLimits(env), { dryRun: false });
    expect(done).toMatchObject({ ...planned, removed: { evidence: 1 } });
    expect(existsSync(`${artifactsPath(world.contract)}/${old}`)).toBe(false);
    expect(existsSync(`${artifactsPath(world.contract)}/${last}`)).toBe(true);
    expect(await pruneHouse(later, houseLimits(env), { dryRun: false })).toMatchObject({ evidence: [] });
  });

  test("drops template databases that nobody has copied for days, and a dry run only names them", async () => {
    const { context, env } = world;
    await asRoot(
      "create database seed_0123456789abcdef",
      "alter database seed_0123456789abcdef owner to oroboros_worker",
    );
    await asRoot(
      `insert into ${SLOT_ACCESS_SCHEMA}.template_databases (database, used_at) values ('seed_0123456789abcdef', now() - interval '4 days')`,
    );
    const dry = await pruneHouse(context, houseLimits(env), { dryRun: true });
    expect(dry.templates).toEqual(["seed_0123456789abcdef"]);
    const done = await pruneHouse(context, houseLimits(env), { dryRun: false });
    expect(done).toMatchObject({ templates: ["seed_0123456789abcdef"], removed: { templates: 1 } });
    expect((await pruneHouse(context, houseLimits(env), { dryRun: true })).templates).toEqual([]);
  });
});

describe("the daily summary", () => {
  test("says how runs, resets, databases and services did", async () => {
    const summary = await summarizeDay(world.context, () => Promise.resolve(HEALTHY));
    expect(summary).toMatchObject({
      health: HEALTHY,
      runs: { window_hours: 24, slots_total: 2 },
      resets: {},
      audit: { slots: 2 },
      unknown: [],
    });
    expect(summary.disk.length).toBeGreaterThan(0);
    expect(summary.healthy).toBe(summary.audit?.findings.length === 0);
  });

  test("names what does not answer, and says the rest", async () => {
    const gone = () => Promise.reject(new Error("nobody there"));
    const summary = await summarizeDay(world.context, gone);
    expect(summary).toMatchObject({ healthy: false, health: null, unknown: [{ what: "health", why: "nobody there" }] });
    expect(summary.runs).not.toBeNull();
  });

  test("is one file a day for the api to read, the last 30 of them, and nobody else's files go", async () => {
    const { context, contract } = world;
    const directory = maintenancePath(contract);
    mkdirSync(directory, { recursive: true });
    writeFileSync(`${directory}/notes.txt`, "an operator's");
    for (let day = 1; day <= 31; day += 1) {
      writeFileSync(`${directory}/daily-summary-2026-10-${String(day).padStart(2, "0")}.json`, "{}");
    }
    const summary = await summarizeDay(at(context, "2026-11-01"), () => Promise.resolve(HEALTHY));
    const { path, removed } = await keepSummary(contract, summary);
    expect(path).toBe(`${directory}/daily-summary-2026-11-01.json`);
    expect(removed).toEqual(["daily-summary-2026-10-01.json", "daily-summary-2026-10-02.json"]);
    expect(JSON.parse(readFileSync(path, "utf8"))).toEqual(summary);
    expect(statSync(path).mode & 0o777).toBe(0o640);
    expect(await keepSummary(contract, summary)).toEqual({ path, removed: [] });
    expect(readdirSync(directory)).toHaveLength(31);
  });
});

/** A run that failed just now and left some evidence. */
async function endedRun(): Promise<RunId> {
  const { context, contract } = world;
  const runId = await world.queueRun({ branch: "main" });
  await transitionRun(context.store, { runId, to: "failed", reasonCode: "CHECKS_FAILED" });
  mkdirSync(`${artifactsPath(contract)}/${runId}`);
  writeFileSync(`${artifactsPath(contract)}/${runId}/step.log`, "failed");
  return runId;
}
