import { expect, test } from "vitest";
import { findSeeds } from "./find-seeds.ts";
import type { TreeEntry } from "./source-reader.ts";

const tree = (...paths: string[]): TreeEntry[] => paths.map((path) => ({ path, oid: path, mode: "100644" }));
const versions = (paths: string[], declared: Record<string, string> = {}): string[] =>
  findSeeds(tree(...paths), declared).map(({ version }) => version);

test("files of the documents' directory are seeds, in the order of their numbers", () => {
  const files = ["v10.sql", "v2.sql", "v1.sql"].map((name) => `infra/db/preview/seeds/${name}`);
  expect(versions(files)).toEqual(["v1", "v2", "v10"]);
});

test("what the manifest declares comes after them, and wins over a file of the same version", () => {
  const declared = { v2: "database/two.sql", v1: "database/one.sql" };
  const seeds = findSeeds(tree("infra/db/preview/seeds/v1.sql", "infra/db/preview/seeds/v0.sql"), declared);
  expect(seeds).toEqual([
    { version: "v0", path: "infra/db/preview/seeds/v0.sql" },
    { version: "v2", path: "database/two.sql" },
    { version: "v1", path: "database/one.sql" },
  ]);
});

test.each(["notes.md", "sub/v1.sql", ".sql", "-x.sql", "a b.sql", "v1.sql.bak"])("%s there is no seed", (name) => {
  expect(versions([`infra/db/preview/seeds/${name}`])).toEqual([]);
});

test.each(["constructor", "toString", "valueOf"])("a version may be called %s", (version) => {
  const path = `infra/db/preview/seeds/${version}.sql`;
  expect(versions([path], { v1: "database/one.sql" })).toEqual([version, "v1"]);
});

test.each([
  ["100755", "an executable file", ["v1"]],
  ["120000", "a symbolic link", []],
])("mode %s there, %s, gives the seeds %j", (mode, _what, seeds) => {
  const entry = { path: "infra/db/preview/seeds/v1.sql", oid: "a", mode };
  expect(findSeeds([entry], {}).map(({ version }) => version)).toEqual(seeds);
});

test("other directories hold none", () => {
  expect(versions(["seeds/v1.sql", "infra/db/preview/seedsv1.sql"])).toEqual([]);
});
