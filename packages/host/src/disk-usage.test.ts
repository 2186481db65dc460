import { linkSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { diskUsage } from "./disk-usage.ts";
import { runCommand } from "./run-command.ts";

const root = mkdtempSync(join(tmpdir(), "oroboros-usage-"));
afterAll(() => rmSync(root, { recursive: true }));

test("a directory takes what its files take, one with two names once, and one that is not there nothing", async () => {
  const [full, empty, none] = ["full", "empty", "none"].map((name) => join(root, name)) as [string, string, string];
  for (const path of [full, empty]) mkdirSync(path);
  writeFileSync(join(full, "file"), Buffer.alloc(100_000, 1));
  linkSync(join(full, "file"), join(full, "again"));
  const sizes = (await diskUsage([full, empty, none]))!;
  expect(sizes.get(full)).toBeGreaterThanOrEqual(100_000);
  expect(sizes.get(full)).toBeLessThan(200_000);
  expect(sizes.get(empty)).toBeLessThan(10_000);
  expect(sizes.get(none)).toBe(0);
  expect(await diskUsage([])).toEqual(new Map());
});

test.each([
  ["takes too long", ["sleep", "60"], 200],
  ["is killed", ["bash", "-c", "kill -9 $$"], 60_000],
  ["fails", ["bash", "-c", "exit 2"], 60_000],
] as const)("a measurement that %s says nothing, rather than that there is nothing", async (_how, argv, timeoutMs) => {
  expect(await diskUsage([root], (spec) => runCommand({ ...spec, argv, timeoutMs }))).toBeUndefined();
});
