import { describe, expect, test } from "vitest";
import { IMPORT_TABLE } from "./import-table.ts";
import { publicEntries, readSources } from "./source-file.ts";
import { objections } from "./source-rules.ts";

const rules = { table: IMPORT_TABLE, publicEntries: publicEntries() };
const sources = readSources();

test("every package and app has its row in the import table", () => {
  expect([...new Set(sources.map((file) => file.owner))].toSorted()).toEqual(Object.keys(IMPORT_TABLE).toSorted());
});

test("no source file breaks the import table or contains what it may not", () => {
  expect(sources.flatMap((file) => objections(file, rules))).toEqual([]);
});

describe("a file is refused", () => {
  const bad = (owner: string, name: string, text: string): string[] =>
    objections({ owner, path: `${owner}/src/${name}`, text }, rules);

  test.each([
    ["an app that imports an app", 'import { api } from "@oroboros/api";'],
    ["a third party outside its row", 'import pg from "pg";'],
    ["a builtin outside its row", 'import { spawn } from "node:child_process";'],
    ["an import for its effect", 'import "node:fs";'],
    ["an import over several lines", 'import {\n  a,\n  b,\n} from "pg";'],
    ["a dynamic import", 'const load = () => import("pg");'],
    ["a builtin fetched at run time", 'process.getBuiltinModule("node:child_process");'],
    ["a re-export", 'export { Pool } from "pg";'],
    ["a deep import", 'import { x } from "@oroboros/slot-contract/src/slot-id.ts";'],
    ["a path out of the package", 'import { x } from "../../../packages/host/src/index.ts";'],
    ["the environment read anywhere", "const home = process.env.HOME;"],
    ["an exit anywhere", "process.exit(1);"],
    ["a container engine", 'const argv = ["docker", "run"];'],
    ["a very long file", "export const x = 1;\n".repeat(301)],
  ])("%s", (_what, text) => {
    expect(bad("apps/worker", "sample.ts", text)).toHaveLength(1);
  });

  test("test code that leaves its package or imports deeply", () => {
    expect(bad("apps/worker", "a.test.ts", 'import "../../api/src/main.ts";')).toHaveLength(1);
    expect(bad("apps/worker", "a.test.ts", 'import { x } from "@oroboros/host/src/x.ts";')).toHaveLength(1);
  });

  test("a module that is mocked in a file which shares its process", () => {
    expect(bad("apps/worker", "a.test.ts", 'vi.mock("./b.ts");')).toHaveLength(1);
    expect(bad("packages/operations", "a.test.ts", 'vi.doMock("./b.ts");')).toHaveLength(1);
  });

  test("a package without a row", () => {
    expect(bad("packages/unheard-of", "a.ts", 'import pg from "pg";')).toHaveLength(1);
  });
});

test("a comment imports nothing, and env.ts and main.ts may read the environment", () => {
  const allow = (name: string, text: string): string[] =>
    objections({ owner: "apps/worker", path: `apps/worker/src/${name}`, text }, rules);
  expect(allow("a.ts", '// import pg from "pg";\n/* process.exit(1) */')).toEqual([]);
  expect(allow("env.ts", "process.env")).toEqual([]);
  expect(allow("main.ts", "process.env; process.exit(0)")).toEqual([]);
});
