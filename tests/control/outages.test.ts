import { readFileSync } from "node:fs";
import type { FaultPoint } from "@oroboros/host/fault-point";
import { commandsOf, showRun, type TestProcess } from "@oroboros/test-runtime";
import { eventually, fewer, reportMatrix, startRedis, takePortOffset, type TestRedis } from "@oroboros/test-support";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasFailed, type Dispatcher } from "./installation.ts";
import { leave } from "./run-cell.ts";
import { scenarioOf } from "./scenarios.ts";
import { end, openWorld, restart, settle, type World } from "./world.ts";

const OFFSET = await takePortOffset();
/** One for each step of a publish, after its effect and before anybody knows of it. */
const STEPS: readonly FaultPoint[] = [
  "publish.after_checkout",
  "publish.after_reset",
  "publish.after_frontend",
  "publish.after_install",
  "publish.after_migrate",
  "publish.after_restart",
  "publish.after_readiness",
  "publish.after_smoke",
];

let world: World;
let redis: TestRedis;
beforeAll(async () => {
  [world, redis] = await Promise.all([openWorld(OFFSET), startRedis()]);
}, 300_000);
afterAll(async () => {
  await world?.installation.stop();
  await redis?.stop();
});

const postgres = (): ReturnType<typeof commandsOf> => commandsOf(world.installation.machine.postgresUid);

/** Immediate: as a power cut, with nothing written and everybody's connection gone. */
async function cutPostgres(): Promise<void> {
  const { machine } = world.installation;
  const before = postgres();
  const server = before.find(({ command }) => / -D /.test(command));
  if (server === undefined) throw new Error("PostgreSQL does not run");
  process.kill(server.pid, "SIGQUIT");
  // The supervisor may have started the next one before anybody looks.
  const isGone = (): boolean => !postgres().some(({ pid }) => before.some((each) => each.pid === pid));
  await eventually(isGone, { deadlineMs: 60_000 });
  await machine.startService("postgres");
}

async function restartPostgres(): Promise<void> {
  await world.installation.machine.stopService("postgres");
  await world.installation.machine.startService("postgres");
}

/** proc_pid_status(5). */
const isStopped = ({ pid }: TestProcess): boolean => /^State:\tT/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));

interface Outage {
  name: string;
  dispatchers: readonly Dispatcher["name"][];
  happen(): Promise<void>;
  /** How the run that is published meanwhile may end. */
  ends: readonly string[];
}

const OUTAGES: readonly Outage[] = [
  {
    name: "a fast restart of PostgreSQL",
    dispatchers: ["postgres", "redis"],
    happen: restartPostgres,
    ends: ["needs_approval"],
  },
  {
    name: "an immediate restart of PostgreSQL",
    dispatchers: ["postgres", "redis"],
    happen: cutPostgres,
    ends: ["needs_approval"],
  },
  { name: "FLUSHALL", dispatchers: ["redis"], happen: () => redis.flushAll(), ends: ["needs_approval"] },
  { name: "kill -9 of Redis", dispatchers: ["redis"], happen: () => redis.restart(), ends: ["needs_approval"] },
];

describe.each<[Dispatcher["name"], () => Dispatcher]>([
  ["postgres", () => ({ name: "postgres" })],
  ["redis", () => ({ name: "redis", url: redis.url })],
])("with the queue on %s", (dispatcher, open) => {
  const violations: string[] = [];
  let cases = 0;
  beforeAll(async () => {
    await restart(world, open());
    expect(await settle(world)).toMatchObject({ violations: [] });
  }, 300_000);
  afterAll(() => reportMatrix({ matrix: "outages", dispatcher, cases, violations: violations.length }));

  const cells = OUTAGES.filter(({ dispatchers }) => dispatchers.includes(dispatcher)).flatMap((outage) =>
    STEPS.map((point) => ({ ...outage, point })),
  );
  test.each(fewer(cells, 3))("$name at $point of a publish loses nothing", async ({ happen, point, ends }) => {
    cases += 1;
    await end(world.worker, "SIGKILL");
    world.worker = await world.installation.startWorker({ OROBOROS_FAULT: `${point}:pause` });
    const runId = await scenarioOf("publish").provoke(world, "");
    // It tells of its fault a moment before it stands still.
    await eventually(() => hasFailed(world.worker) && isStopped(world.worker), { deadlineMs: 90_000 });
    await happen();
    world.worker.kill("SIGCONT");
    const { violations: found } = await settle(world, async () => {
      const { status, failure_message: message } = await showRun(world.installation.runtime, String(runId));
      return ends.includes(status) ? [] : [`the run is ${status}: ${message}`];
    });
    found.push(...(await leave(world)));
    violations.push(...found);
    expect(found).toEqual([]);
  });
});
