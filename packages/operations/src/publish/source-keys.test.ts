import { parseAppManifest } from "@oroboros/slot-contract";
import { describe, expect, test } from "vitest";
import type { TreeEntry } from "../git/source-reader.ts";
import { withInstalls, type InstallableManifest } from "../packages/with-installs.ts";
import { sourceKeys, type SourceKeys } from "./source-keys.ts";

type RawManifest = Record<string, Record<string, unknown>>;

const manifest = (change: (raw: RawManifest) => void = () => undefined): InstallableManifest => {
  const raw = {
    name: "shop",
    frontend: { dir: "web", inputs: ["shared", "brand.svg"] },
    backend: { dir: "server", start: ["node", "main.js"] },
    database: { migrations: "db", seeds: { v1: "seeds/v1.sql" } },
  };
  change(raw as unknown as RawManifest);
  return withInstalls(parseAppManifest(JSON.stringify(raw)), tree());
};

const FILES = [
  "README.md",
  "brand.svg",
  "db/0001.sql",
  "db/notes.md",
  "db/old/0000.sql",
  "package.json",
  "pnpm-workspace.yaml",
  "seeds/v1.sql",
  "server/main.js",
  "server/package.json",
  "server/pnpm-lock.yaml",
  "shared/prices.ts",
  "web/package.json",
  "web/pnpm-lock.yaml",
  "web/src/main.ts",
];
const tree = (changed: readonly string[] = []): TreeEntry[] =>
  FILES.map((path) => ({ path, mode: "100644", oid: (changed.includes(path) ? "b" : "a").repeat(40) }));

const changedKeys = (changed: readonly string[]): string[] => keysThatDiffer(sourceKeys(manifest(), tree(changed)));
function keysThatDiffer(keys: SourceKeys): string[] {
  const before = sourceKeys(manifest(), tree());
  return (Object.keys(keys) as (keyof SourceKeys)[]).filter((name) => keys[name] !== before[name]).toSorted();
}

test.each([
  ["README.md", []],
  ["seeds/v1.sql", []],
  ["db/notes.md", []],
  ["db/old/0000.sql", []],
  ["db/0001.sql", ["migrations"]],
  ["server/main.js", ["backendRun"]],
  ["server/pnpm-lock.yaml", ["backendInstall", "backendRun"]],
  ["web/src/main.ts", ["frontendBuild"]],
  ["web/pnpm-lock.yaml", ["frontendBuild", "frontendInstall"]],
  ["shared/prices.ts", ["frontendBuild", "frontendInstall"]],
  ["brand.svg", ["frontendBuild", "frontendInstall"]],
  ["pnpm-workspace.yaml", ["backendInstall", "backendRun", "frontendBuild", "frontendInstall"]],
])("a change of %s makes these parts again: %j", (path, parts) => {
  expect(changedKeys([path])).toEqual(parts);
});

test.each([
  ["server/main.js", ["backendRun"]],
  ["db/0001.sql", []],
])("%s made executable makes these parts again: %j", (path, parts) => {
  const changed = tree().map((entry) => (entry.path === path ? { ...entry, mode: "100755" } : entry));
  expect(keysThatDiffer(sourceKeys(manifest(), changed))).toEqual(parts);
});

test("a file that is new, gone or renamed counts like one that changed", () => {
  const before = sourceKeys(manifest(), tree());
  const grown = sourceKeys(manifest(), [...tree(), { path: "web/src/new.ts", mode: "100644", oid: "c".repeat(40) }]);
  const shrunk = sourceKeys(
    manifest(),
    tree().filter(({ path }) => path !== "web/src/main.ts"),
  );
  const renamed = sourceKeys(
    manifest(),
    tree().map((entry) => (entry.path === "web/src/main.ts" ? { ...entry, path: "web/src/page.ts" } : entry)),
  );
  for (const keys of [grown, shrunk, renamed]) expect(keys.frontendBuild).not.toBe(before.frontendBuild);
});

test.each([
  ["the build command", "frontend", { build: ["make"] }, ["frontendBuild"]],
  ["the built directory", "frontend", { dist: "out" }, ["frontendBuild"]],
  ["the install command", "backend", { install: ["make"] }, ["backendInstall", "backendRun"]],
  ["the start command", "backend", { start: ["node", "--watch", "main.js"] }, ["backendRun"]],
  ["how health is asked", "backend", { health: "/ready", readyTimeoutSeconds: 5 }, []],
] as const)("a change of %s makes these parts again", (_what, part, change, parts) => {
  const changed = manifest((raw) => Object.assign(raw[part] ?? {}, change));
  expect(keysThatDiffer(sourceKeys(changed, tree()))).toEqual([...parts]);
});

test("an install without a lockfile that we know depends on all of its directory", () => {
  const plain = tree().filter(({ path }) => !/package\.json|pnpm/.test(path));
  const changed = plain.map((entry) => (entry.path === "server/main.js" ? { ...entry, oid: "b".repeat(40) } : entry));
  expect(sourceKeys(manifest(), changed).backendInstall).not.toBe(sourceKeys(manifest(), plain).backendInstall);
});

test("an application that gets its first migration needs its database again, and nothing else", () => {
  const without = manifest((raw) => delete raw["database"]);
  expect(keysThatDiffer(sourceKeys(without, tree()))).toEqual(["migrations"]);
  expect(sourceKeys(without, tree(["db/0001.sql"]))).toEqual(sourceKeys(without, tree()));
});

describe("a migration command", () => {
  const commanded = (migrateInputs?: string[]) =>
    manifest((raw) => {
      raw["database"] = { seeds: {} };
      Object.assign(raw["backend"] ?? {}, {
        migrate: ["alembic", "upgrade", "head"],
        ...(migrateInputs && { migrateInputs }),
      });
    });
  const differsWith = (path: string, given: InstallableManifest): boolean =>
    sourceKeys(given, tree([path])).migrations !== sourceKeys(given, tree()).migrations;

  test.each([
    ["server/main.js", true],
    ["server/pnpm-lock.yaml", true],
    ["pnpm-workspace.yaml", true],
    ["web/src/main.ts", false],
    ["db/0001.sql", false],
    ["README.md", false],
  ])("may be made from anything of the backend: with another %s the database is made again: %s", (path, isAgain) => {
    expect(differsWith(path, commanded())).toBe(isAgain);
  });

  test.each([
    ["db/0001.sql", true],
    ["db/old/0000.sql", true],
    ["server/main.js", false],
    ["server/pnpm-lock.yaml", false],
  ])("is made from what the manifest says: with another %s the database is made again: %s", (path, isAgain) => {
    expect(differsWith(path, commanded(["db"]))).toBe(isAgain);
  });

  test("makes the database again where the command itself changes, and where it takes the place of plain SQL files", () => {
    const other = commanded(["db"]);
    other.backend.migrate = ["alembic", "upgrade", "+1"];
    const keys = [manifest(), commanded(["db"]), other].map((each) => sourceKeys(each, tree()).migrations);
    expect(new Set(keys).size).toBe(3);
  });
});

test("the same content has the same keys, whatever else is in the commit", () => {
  const others = ["docs/web/package.json", "webs/main.ts", "LICENSE", "a/pnpm-lock.yaml", "web.md", "dbx/0002.sql"];
  const more = others.map((path) => ({ path, mode: "100644", oid: "d".repeat(40) }));
  expect(sourceKeys(manifest(), [...tree(), ...more])).toEqual(sourceKeys(manifest(), tree()));
});
