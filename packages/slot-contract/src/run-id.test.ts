import { expect, test } from "vitest";
import { runIdSchema } from "./run-id.ts";

const id = "0b6f9a52-7c55-4c4e-9a53-0e9d3f6c1a11";

test("a run has one id, in whatever letters it is written", () => {
  expect(runIdSchema.parse(id.toUpperCase())).toBe(id);
  expect(runIdSchema.parse(id)).toBe(id);
});

test.each(["", "1", `${id}0`, ` ${id}`, `{${id}}`])("%j is no run id", (text) => {
  expect(runIdSchema.safeParse(text).success).toBe(false);
});
