import { expect, test } from "vitest";
import { parseAppManifest } from "./app-manifest.ts";

const minimal = {
  name: "launch-list",
  frontend: {},
  backend: { start: ["node", "src/server.ts"] },
  database: { migrations: "database/migrations", seeds: { v1: "database/seeds/v1.sql" } },
};
const commanded = { ...minimal.backend, migrate: ["alembic", "upgrade", "head"] };
const parse = (manifest: unknown) => parseAppManifest(JSON.stringify(manifest));

test("what a minimal manifest leaves out means frontend/ and backend/, built with pnpm", () => {
  expect(parse(minimal)).toEqual({
    name: "launch-list",
    frontend: {
      dir: "frontend",
      build: ["pnpm", "run", "build"],
      dist: "dist",
      inputs: [],
    },
    backend: {
      dir: "backend",
      start: ["node", "src/server.ts"],
      health: "/health",
      readyTimeoutSeconds: 30,
      inputs: [],
    },
    database: minimal.database,
    smoke: { routes: [], slotApi: true },
  });
});

test.each([
  ["the database", {}, { migrations: null, seeds: {} }],
  ["the migrations", { database: { seeds: { v1: "v1.sql" } } }, { migrations: null, seeds: { v1: "v1.sql" } }],
  ["the seeds", { database: { migrations: "db" } }, { migrations: "db", seeds: {} }],
])("%s may be left out", (_what, given, database) => {
  const { database: _database, ...without } = minimal;
  expect(parse({ ...without, ...given }).database).toEqual(database);
});

test("an install that is left out stays open, because it follows from the commit's files", () => {
  expect(parse(minimal).frontend.install).toBeUndefined();
  const given = { ...minimal, backend: { ...minimal.backend, install: ["make", "deps"] } };
  expect(parse(given).backend.install).toEqual(["make", "deps"]);
});

test("an application's own migration command comes with its seeds, and in place of plain SQL files", () => {
  const { seeds } = minimal.database;
  const given = { ...minimal, backend: { ...commanded, migrateInputs: ["server/versions"] }, database: { seeds } };
  expect(parse(given)).toMatchObject({
    backend: { migrate: ["alembic", "upgrade", "head"], migrateInputs: ["server/versions"] },
    database: { migrations: null, seeds },
  });
  expect(() => parse({ ...minimal, backend: commanded })).toThrow(
    expect.objectContaining({
      code: "invalid_manifest",
      message: expect.stringContaining("backend.migrate: excludes database.migrations"),
    }),
  );
});

test("a seed's version is not digits alone, because such keys do not keep the order they are written in", () => {
  const seeds = (text: string) => () =>
    parseAppManifest(`{"name": "a", "frontend": {}, "backend": {"start": ["a"]}, "database": {"seeds": ${text}}}`);
  expect(seeds('{"v1": "1.sql", "2": "2.sql", "007": "7.sql"}')).toThrow(
    /database\.seeds\.2: must not be digits alone.*call it v2; database\.seeds\.007: .*call it v007\./,
  );
  expect(Object.keys(seeds('{"v2": "2.sql", "2026-01": "1.sql", "v1": "1.sql"}')().database.seeds)).toEqual([
    "v2",
    "2026-01",
    "v1",
  ]);
});

test("a built directory may lie deeper, and dots in names are names", () => {
  expect(parse({ ...minimal, frontend: { dist: ".output/public.d" } }).frontend.dist).toBe(".output/public.d");
});

test.each([
  ["the file", { ...minimal, extra: 1 }],
  ["the file", []],
  ["name", { ...minimal, name: "Launch List" }],
  ["frontend", { ...minimal, frontend: { directory: "frontend" } }],
  ["frontend.dir", { ...minimal, frontend: { dir: "../elsewhere" } }],
  ["frontend.dir", { ...minimal, frontend: { dir: "/etc" } }],
  ["frontend.dir", { ...minimal, frontend: { dir: "a/../../b" } }],
  ["frontend.dir", { ...minimal, frontend: { dir: "" } }],
  ["frontend.dist", { ...minimal, frontend: { dist: "dist\0" } }],
  ["frontend.dist", { ...minimal, frontend: { dist: "." } }],
  ["frontend.dist", { ...minimal, frontend: { dist: "./dist" } }],
  ["frontend.dist", { ...minimal, frontend: { dist: "a/./b" } }],
  ["frontend.build", { ...minimal, frontend: { build: "pnpm run build" } }],
  ["frontend.build", { ...minimal, frontend: { build: [] } }],
  ["frontend.build.1", { ...minimal, frontend: { build: ["vite", "a\0b"] } }],
  ["backend.start", { ...minimal, backend: {} }],
  ["backend.migrate", { ...minimal, database: {}, backend: { ...minimal.backend, migrate: "alembic upgrade head" } }],
  ["backend.migrate", { ...minimal, database: {}, backend: { ...minimal.backend, migrate: [] } }],
  ["backend.migrateInputs", { ...minimal, backend: { ...minimal.backend, migrateInputs: ["server"] } }],
  ["backend.migrateInputs", { ...minimal, database: {}, backend: { ...commanded, migrateInputs: [] } }],
  ["backend.migrateInputs.0", { ...minimal, database: {}, backend: { ...commanded, migrateInputs: ["../db"] } }],
  ["backend.start.0", { ...minimal, backend: { start: [""] } }],
  ["backend.health", { ...minimal, backend: { ...minimal.backend, health: "//other.host/health" } }],
  ["backend.health", { ...minimal, backend: { ...minimal.backend, health: "http://other.host/" } }],
  ["backend.readyTimeoutSeconds", { ...minimal, backend: { ...minimal.backend, readyTimeoutSeconds: 0 } }],
  ["database.migrations", { ...minimal, database: { ...minimal.database, migrations: ".." } }],
  ["database.seeds.v1", { ...minimal, database: { ...minimal.database, seeds: { v1: "/etc/passwd" } } }],
  ["database.seeds.../v1", { ...minimal, database: { ...minimal.database, seeds: { "../v1": "v1.sql" } } }],
  ["smoke.routes.0", { ...minimal, smoke: { routes: ["api/items"] } }],
  ["smoke.routes.1", { ...minimal, smoke: { routes: ["/", "/a b"] } }],
])("a mistake in %s is named: %j", (field, manifest) => {
  expect(() => parse(manifest)).toThrow(
    expect.objectContaining({ code: "invalid_manifest", message: expect.stringContaining(` ${field}: `) }),
  );
});

test("one message names every mistake", () => {
  expect(() => parse({ ...minimal, name: "", smoke: { routes: ["x"] } })).toThrow(/name: .*; smoke\.routes\.0: /);
});

test("a file that is not JSON is refused", () => {
  expect(() => parseAppManifest("{")).toThrow(expect.objectContaining({ code: "invalid_manifest" }));
});
