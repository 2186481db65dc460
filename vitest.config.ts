import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { MixProjects } from "./tests/support/src/mix-projects.ts";
import { defineConfig, type TestProjectConfiguration } from "vitest/config";

// Not the working directory: a package's own `test` script starts in the package.
const repository = import.meta.dirname;

// The same source the type checker sees: no package has to be built before another one is tested.
const conditions = ["oroboros-source", "module", "node"];
export const fromSource = { resolve: { conditions }, ssr: { resolve: { conditions } } };

export const SHARED_POSTGRES = join(repository, "tests/support/src/shared-postgres.ts");
// One server for all of these; a test that changes roles or stops the server starts its own with startPostgres().
const USES_SHARED_POSTGRES = new Set([
  "@oroboros/api",
  "@oroboros/api alone",
  "@oroboros/slot-contract",
  "@oroboros/test-support",
  "@oroboros/control-store",
  "@oroboros/run-queue",
]);

// A package's files share a process, and with it the modules: to load them for each file takes longer than most tests. These have each
// a process of their own, in a project of their own: what replaces something that all of a process uses, and what leaves work to
// whoever takes it up.
const ALONE = new Map([
  ["@oroboros/api", "*.alone.integration"],
  ["@oroboros/operations", "*.integration"],
]);

// Reached by what hangs, on a machine that is busy with other tests as well.
export const TEST_TIMEOUT = 120_000;
export const HOOK_TIMEOUT = 300_000;
const LONG = { testTimeout: 300_000 };

// Ten times the rounds (see `rounds`) beside the rest of the suite.
const FULL_FACTOR = process.env["OROBOROS_TEST_FULL"] === "1" ? 10 : 1;

const workspace = ["packages", "apps"]
  .flatMap((folder) => readdirSync(join(repository, folder)).map((name) => join(repository, folder, name)))
  .concat(join(repository, "tests/support"));

export default defineConfig({
  test: {
    // Most tests wait for servers and processes; the default, one core less than there are, leaves cores idle.
    maxWorkers: 4,
    sequence: { sequencer: MixProjects },
    projects: [
      ...workspace.flatMap((root) => ofPackage(root, packageName(root))),
      project("architecture", repository, "tests/architecture/*.test.ts"),
      project("e2e", repository, "tests/e2e/*.test.ts", LONG),
      project("control", repository, "tests/control/*.test.ts", LONG),
      project("systemd", repository, "tests/systemd/*.test.ts", LONG),
    ],
  },
});

function ofPackage(root: string, name: string): TestProjectConfiguration[] {
  const alone = ALONE.get(name);
  if (alone === undefined) return [project(name, root, "src/**/*.test.ts", { areTogether: true })];
  return [
    project(name, root, `src/**/!(${alone}).test.ts`, { areTogether: true }),
    project(`${name} alone`, root, `src/**/${alone}.test.ts`),
  ];
}

interface Differing {
  readonly testTimeout?: number;
  readonly areTogether?: boolean;
}

function project(
  name: string,
  root: string,
  include: string,
  { testTimeout = TEST_TIMEOUT, areTogether = false }: Differing = {},
): TestProjectConfiguration {
  return {
    ...fromSource,
    test: {
      name,
      root,
      include: [include],
      ...(areTogether && { isolate: false }),
      testTimeout: testTimeout * FULL_FACTOR,
      hookTimeout: HOOK_TIMEOUT,
      globalSetup: USES_SHARED_POSTGRES.has(name) ? [SHARED_POSTGRES] : [],
    },
  };
}

function packageName(root: string): string {
  return (JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { name: string }).name;
}
