import { expect, test } from "vitest";
import { isRunnable } from "./read-job.ts";

test.each<[object, boolean]>([
  [{ argv: ["a"], cwd: "/", env: {} }, true],
  [{ argv: ["a", "b"], cwd: "/", env: { A: "b" } }, true],
  [{ argv: [], cwd: "/", env: {} }, false],
  [{ argv: ["a", 1], cwd: "/", env: {} }, false],
  [{ argv: "a", cwd: "/", env: {} }, false],
  [{ argv: ["a"], env: {} }, false],
  [{ argv: ["a"], cwd: "/", env: null }, false],
  [{ argv: ["a"], cwd: "/", env: { A: 1 } }, false],
])("a job has a program, a place and an environment: %o is one: %s", (job, is) => {
  expect(isRunnable(job)).toBe(is);
});
