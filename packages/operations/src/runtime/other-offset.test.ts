import { expect, test } from "vitest";
import { otherOffset } from "./other-offset.ts";

test.each([
  [0, 1_000],
  [999, 1_000],
  [1_000, 2_000],
  [6_400, 7_000],
  [8_999, 9_000],
  [9_000, 0],
  [10_000, 0],
])("who can not have offset %i is told another one: %i", (portOffset, other) => {
  expect(otherOffset({ portOffset })).toBe(other);
});
