import { note, reportMatrix, startRedis, takePortOffset, type TestRedis } from "@oroboros/test-support";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chosenCells } from "./cells.ts";
import type { Dispatcher } from "./installation.ts";
import { runCell, type CellResult } from "./run-cell.ts";
import { openWorld, restart, settle, type World } from "./world.ts";

const OFFSET = await takePortOffset();
const AGREEMENT_MS = 10_000;
const isRoot = process.getuid?.() === 0;

let world: World;
let redis: TestRedis;
beforeAll(async () => {
  [world, redis] = await Promise.all([openWorld(OFFSET), startRedis()]);
}, 300_000);
afterAll(async () => {
  await world?.installation.stop();
  await redis?.stop();
});

describe.each<[Dispatcher["name"], () => Dispatcher]>([
  ["postgres", () => ({ name: "postgres" })],
  ["redis", () => ({ name: "redis", url: redis.url })],
])("with the queue on %s", (dispatcher, open) => {
  const results: CellResult[] = [];
  const slow: CellResult[] = [];
  const unaudited: string[] = [];
  beforeAll(async () => {
    await restart(world, open());
    expect(await settle(world)).toMatchObject({ violations: [] });
  }, 300_000);
  afterAll(() => {
    const times = results.map(({ recoveredMs }) => recoveredMs).toSorted((a, b) => a - b);
    console.log(
      `recovered after ms: median ${times[Math.floor(times.length / 2)]}, slowest ${times.at(-1)}; busy and later than ${AGREEMENT_MS}: ${slow.length}`,
    );
    reportMatrix({
      matrix: "crash",
      dispatcher,
      cases: results.length,
      violations: [...results.flatMap(({ violations }) => violations), ...unaudited].length,
      not_enforced: [
        ...(isRoot ? [] : ["orphan processes and ports: slots have no users of their own"]),
        ...(slow.length > 0 ? [`agreement within 10 s, in ${slow.length} cases: the machine was busy`] : []),
      ],
    });
  });

  test.each(chosenCells(dispatcher))(
    "what fails by $kind at $point, asked for by $scenario, loses nothing and leaves nothing",
    async (cell) => {
      const result = await runCell(world, cell);
      results.push(result);
      note("crash-cells", { dispatcher, ...cell, ...result });
      if (result.recoveredMs > AGREEMENT_MS) {
        if (result.isBusy) slow.push(result);
        else result.violations.push(`it took ${result.recoveredMs} ms`);
      }
      expect(result.violations).toEqual([]);
    },
  );

  test("the audit log is whole after all of that", async () => {
    const { exitCode, stdout, stderr } = await world.installation.runtime.cli("audit", "verify");
    if (exitCode !== 0) unaudited.push(`audit verify ended with ${exitCode}: ${stdout}${stderr}`);
    expect(unaudited).toEqual([]);
  });
});
