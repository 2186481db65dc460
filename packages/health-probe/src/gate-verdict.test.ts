import { expect, test } from "vitest";
import { gateVerdict } from "./gate-verdict.ts";

const policy = { deadlineMs: 1000, intervalMs: 100, consecutivePasses: 2 };

test("one pass of two asks for another look", () => {
  expect(gateVerdict({ passesInRow: 1, elapsedMs: 999 }, policy)).toBe("look_again");
});

test("enough passes in a row open the gate", () => {
  expect(gateVerdict({ passesInRow: 2, elapsedMs: 500 }, policy)).toBe("passed");
});

test("the deadline closes the gate on an incomplete pass", () => {
  expect(gateVerdict({ passesInRow: 1, elapsedMs: 1000 }, policy)).toBe("failed");
});

test("a pass that completes on the deadline still opens the gate", () => {
  expect(gateVerdict({ passesInRow: 2, elapsedMs: 1000 }, policy)).toBe("passed");
});
