import { expect, test } from "vitest";
import { judgeStates } from "./observe-states.ts";

const TARGET = "ouroboros.target";
const loaded = (ActiveState: string) => ({ LoadState: "loaded", ActiveState });
const SHOWN = [
  ["a.service", loaded("inactive")],
  ["b.service", loaded("failed")],
  ["c.service", { LoadState: "not-found", ActiveState: "inactive" }],
] as const;

test.each([
  ["inactive", ["down", "unit", "unit"]],
  ["active", ["unit", "unit", "unit"]],
  ["activating", ["unit", "unit", "unit"]],
])("while the target is %s its services are %j", (state, kinds) => {
  const states = judgeStates(TARGET, new Map([[TARGET, loaded(state)], ...SHOWN]));
  expect(SHOWN.map(([unit]) => states.get(unit)?.kind)).toEqual(kinds);
});

test("where no systemd answers nothing is known", () => {
  expect(judgeStates(TARGET).size).toBe(0);
});
