import { note, reportMatrix, takePortOffset } from "@oroboros/test-support";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chosenCells } from "./cells.ts";
import type { Dispatcher } from "./installation.ts";
import { runCell, type CellResult } from "./run-cell.ts";
import { openWorld, restart, settle, type World } from "./world.ts";

const AGREEMENT_MS = 10_000;
const isRoot = process.getuid?.() === 0;

/** Lets every chosen cell happen to an installation whose queue is where `open` says. */
export function testCrashes(dispatcher: Dispatcher["name"], open: () => Promise<Dispatcher>): void {
  describe(`with the queue on ${dispatcher}`, () => {
    let world: World;
    const results: CellResult[] = [];
    const slow: CellResult[] = [];
    const unaudited: string[] = [];
    beforeAll(async () => {
      world = await openWorld(await takePortOffset());
      await restart(world, await open());
      expect(await settle(world)).toMatchObject({ violations: [] });
    }, 300_000);
    afterAll(async () => {
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
      await world?.installation.stop();
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
}
