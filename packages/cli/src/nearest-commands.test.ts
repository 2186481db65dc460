import { expect, test } from "vitest";
import { COMMANDS } from "./command-table.ts";
import { nearestCommands } from "./nearest-commands.ts";

const NAMES = COMMANDS.map(({ name }) => name);

test.each([
  [["run", "list"], "runs list"],
  [["runs", "lst"], "runs list"],
  [["runs", "frobnicate"], "runs "],
  [["slot", "lits"], "slots list"],
  [["approve"], "runs approve"],
  [["aprove"], "runs approve"],
  [["dmeo"], "demo"],
  [["tokn", "create"], "token create"],
])("%j is near to %s", (typed, name) => {
  expect(nearestCommands(typed, NAMES)[0]).toContain(name);
  expect(nearestCommands(typed, NAMES).length).toBeLessThanOrEqual(3);
});

test("nothing is near to what is far from everything", () => {
  expect(nearestCommands(["frobnicate"], NAMES)).toEqual([]);
});
