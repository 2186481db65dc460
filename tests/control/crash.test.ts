import { startRedis, reportMatrix, type TestRedis } from "@oroboros/test-support";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CELLS, type Cell } from "./cells.ts";
import type { Dispatcher } from "./installation.ts";
import { runCell } from "./run-cell.ts";
import { openWorld, restart, settle, type World } from "./world.ts";

const OFFSET = 10_000;
const ONLY = process.env["CELL"];

let world: World;
let redis: TestRedis;
beforeAll(async () => {
  [world, redis] = await Promise.all([openWorld(OFFSET), startRedis()]);
}, 120_000);
afterAll(async () => {
  await world?.installation.stop();
  await redis?.stop();
});

const cells: Cell[] = CELLS.filter((cell) =>
  new RegExp(ONLY ?? "").test(`${cell.scenario} ${cell.point} ${cell.kind}`),
);

describe.each<[Dispatcher["name"], () => Dispatcher]>([
  ["postgres", () => ({ name: "postgres" })],
  ["redis", () => ({ name: "redis", url: redis.url })],
])("with the queue on %s", (dispatcher, open) => {
  const results: { violations: string[] }[] = [];
  beforeAll(async () => {
    await restart(world, open());
    expect(await settle(world)).toMatchObject({ violations: [] });
  }, 60_000);
  afterAll(() => {
    const violations = results.flatMap((result) => result.violations).length;
    reportMatrix({ matrix: "crash", dispatcher, cases: results.length, violations });
  });

  test.each(cells)("a process that comes to $point in $scenario and fails by $kind", async (cell) => {
    const startedAt = performance.now();
    const result = await runCell(world, cell);
    results.push(result);
    console.log(
      cell.scenario,
      cell.point,
      cell.kind,
      "recovered",
      result.recoveredMs,
      "cell",
      Math.round(performance.now() - startedAt),
      result.violations,
    );
    expect(result.violations).toEqual([]);
  });
});
