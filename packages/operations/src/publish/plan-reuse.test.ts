import { commitShaSchema, parseAppManifest } from "@oroboros/slot-contract";
import { expect, test } from "vitest";
import { withInstalls } from "../packages/with-installs.ts";
import type { LivePublish } from "./live-publish.ts";
import { decideReuse, type PreviousPublish } from "./plan-reuse.ts";
import type { SourceKeys } from "./source-keys.ts";

const OLD = commitShaSchema.parse("a".repeat(40));
const NEW = commitShaSchema.parse("b".repeat(40));
const KEYS: SourceKeys = {
  frontendInstall: "fi",
  frontendBuild: "fb",
  backendInstall: "bi",
  backendRun: "br",
  migrations: "m",
};
const PACKAGES = { worktree: "/w/1", entries: [] };
const LIVE: LivePublish = {
  attempt: 4,
  commitSha: OLD,
  worktree: "/w/1",
  keys: KEYS,
  frontend: { commitSha: OLD, surface: "/s/1", packages: PACKAGES },
  backend: {
    commitSha: OLD,
    worktree: "/w/1",
    packages: PACKAGES,
    job: { argv: ["node"], cwd: "/w/1", env: {} },
    health: "/health",
    readyTimeoutSeconds: 5,
    slotApi: true,
  },
};
const PREVIOUS: PreviousPublish = { live: LIVE, backendIsRunning: true, databaseWasReset: false };

const manifest = (dirs: { frontend: string; backend: string }) =>
  withInstalls(
    parseAppManifest(
      JSON.stringify({
        name: "shop",
        frontend: { dir: dirs.frontend },
        backend: { dir: dirs.backend, start: ["node"] },
        database: { migrations: "db", seeds: {} },
      }),
    ),
    [],
  );

function reused(
  change: Partial<SourceKeys>,
  previous: Partial<PreviousPublish> = {},
  dirs = { frontend: "web", backend: "server" },
) {
  const source = { keys: { ...KEYS, ...change }, manifest: manifest(dirs), commitSha: NEW };
  const { packages, previous: _previous, ...rest } = decideReuse(source, { ...PREVIOUS, ...previous });
  const whole = Object.entries(rest).filter(([, reason]) => reason !== undefined);
  const parts = Object.entries(packages).filter(([, found]) => found !== undefined);
  return [...whole.map(([name]) => name), ...parts.map(([name]) => `${name} packages`)].toSorted();
}

const ALL = ["backend", "backend packages", "database", "frontend", "frontend packages", "migrations"];

test("nothing changed: everything is there", () => {
  expect(reused({})).toEqual(ALL);
  expect(
    decideReuse({ keys: KEYS, manifest: manifest({ frontend: "a", backend: "b" }), commitSha: OLD }, PREVIOUS).all,
  ).toBe("the commit is that of publish 4");
});

test.each<[string, Partial<SourceKeys>, string[]]>([
  ["the frontend", { frontendBuild: "x" }, ["frontend"]],
  ["the frontend's lockfile", { frontendBuild: "x", frontendInstall: "x" }, ["frontend", "frontend packages"]],
  ["the backend", { backendRun: "x" }, ["backend"]],
  ["the backend's lockfile", { backendRun: "x", backendInstall: "x" }, ["backend", "backend packages"]],
  // The backend's connections end with the database they were made to.
  ["the migrations", { migrations: "x" }, ["backend", "database", "migrations"]],
])("with another of %s only that is made again", (_what, change, again) => {
  expect(reused(change)).toEqual(ALL.filter((name) => !again.includes(name)));
});

test("a backend that does not run is started again, with the packages it has", () => {
  expect(reused({}, { backendIsRunning: false })).toEqual(ALL.filter((name) => name !== "backend"));
});

test("a database that an operator gave the slot is kept, and migrated", () => {
  expect(reused({}, { databaseWasReset: true })).toEqual(ALL.filter((name) => name !== "migrations"));
});

test.each([
  [".", "server"],
  ["app", "app"],
  ["app/web", "app"],
  ["./app", "app"],
])("packages of %s and %s, which share a directory, come and go together", (frontend, backend) => {
  const left = reused({ frontendInstall: "x", frontendBuild: "x" }, {}, { frontend, backend });
  expect(left).not.toContain("backend packages");
  expect(reused({}, {}, { frontend, backend })).toEqual(ALL);
});

test("packages of app and app2 have nothing to do with each other", () => {
  const dirs = { frontend: "app", backend: "app2" };
  expect(reused({ frontendInstall: "x", frontendBuild: "x" }, {}, dirs)).toContain("backend packages");
});

test("a run's first publish finds nothing", () => {
  const source = { keys: KEYS, manifest: manifest({ frontend: "a", backend: "b" }), commitSha: NEW };
  expect(decideReuse(source, undefined)).toEqual({
    previous: undefined,
    all: undefined,
    frontend: undefined,
    backend: undefined,
    database: undefined,
    migrations: undefined,
    packages: { frontend: undefined, backend: undefined },
  });
});
