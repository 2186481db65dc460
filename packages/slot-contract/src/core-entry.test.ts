import { globSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const sources = globSync("**/*.ts", { cwd: import.meta.dirname }).filter((file) => !file.endsWith(".test.ts"));
const IMPORT = /(?:from|import|import\()\s*"([^"]+)"/g;
const MACHINE = /\b((process|crypto|performance|console|Date|Math)\.\w|Buffer\b|new Date\(\)|setTimeout)/;

const text = (file: string): string => readFileSync(`${import.meta.dirname}/${file}`, "utf8");
const foreignImports = (source: string): string[] =>
  [...source.matchAll(IMPORT)].flatMap(([, name]) =>
    name === undefined || /^(zod$|\.\.?\/.+\.ts$)/.test(name) ? [] : [name],
  );

test("zod is the only import from outside", () => {
  expect(sources.length).toBeGreaterThan(20);
  expect(sources.flatMap((file) => foreignImports(text(file)))).toEqual([]);
});

test("nothing touches the process, the clock or randomness", () => {
  expect(sources.filter((file) => MACHINE.test(text(file)))).toEqual([]);
});

test.each(["process.env.HOME", "Date.now()", "new Date()", "Math.random()"])("%s would be found", (source) => {
  expect(source).toMatch(MACHINE);
});

test.each(['import fs from "node:fs";', 'import "pg";', 'export { x } from "@oroboros/host";', 'await import("os")'])(
  "%s would be found",
  (source) => {
    expect(foreignImports(source)).toHaveLength(1);
  },
);
