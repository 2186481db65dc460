import {
  asUser,
  childEnvironment,
  completePackageStore,
  killProcesses,
  packageStoreDirectory,
  readyPackageStores,
  removeTree,
  runCommand,
  systemClock,
  touchPackageStore,
} from "@oroboros/host";
import type { FillReport, MainLockfile } from "@oroboros/host/supervisor-client";
import type { Logger } from "@oroboros/service-kit";
import { OperatorError, packageCachePath, type RuntimeContract } from "@oroboros/slot-contract";
import type { SupervisorConfig } from "@oroboros/slot-contract/environments";
import { type Filling, prepareFilling } from "./package-filling.ts";
import { type ProcessUsers, removeLeftovers } from "./process-users.ts";
import { inTurn } from "./supervised-process.ts";

export type PackageCacheDeps = Readonly<{
  contract: RuntimeContract;
  users: ProcessUsers;
  config: SupervisorConfig;
  log: Logger;
}>;

/** The stores of main's packages, which slots read. Nothing that a branch has pushed has any part in them. */
export type Packages = Readonly<{
  pnpmVersion(): Promise<string | null>;
  fill(key: string, lockfiles: readonly MainLockfile[], signal: AbortSignal): Promise<FillReport>;
  remove(key: string): Promise<void>;
  stop(): Promise<void>;
}>;

const VERSION_TIMEOUT_MS = 10_000;
const FETCH_TIMEOUT_MS = 600_000;
const KILL_DEADLINE_MS = 5_000;
const LAST_CHARACTERS = 2_000;
/** Main's, and main's before. */
const KEPT_STORES = 2;
/** Everything is decided here: no script, hook or setting of an application is asked. */
const FETCH = ["pnpm", "fetch", "--ignore-scripts", "--ignore-pnpmfile", "--store-dir"];

export function openPackages(deps: PackageCacheDeps): Packages {
  const { contract, users } = deps;
  const turn = inTurn();
  const stopping = new AbortController();
  return {
    pnpmVersion: () => pnpmVersion(deps),
    fill: (key, lockfiles, hungUp) =>
      turn(async () => {
        const startedAt = systemClock.now();
        const already = touchPackageStore(contract, key, systemClock.today());
        if (!already) await fillStore(deps, { key, lockfiles }, AbortSignal.any([hungUp, stopping.signal]));
        await prune(contract);
        return { already, isolated: users.isolated, durationMs: systemClock.now() - startedAt };
      }),
    remove: (key) => turn(() => removeTree(packageStoreDirectory(contract, key))),
    stop: async () => {
      stopping.abort();
      await turn(() => endUser(users));
      await removeLeftovers(users.packages, deps);
    },
  };
}

async function pnpmVersion({ contract, users, config }: PackageCacheDeps): Promise<string | null> {
  const { exitCode, stdout } = await runCommand({
    argv: asUser(users.packages, ["pnpm", "--version"]),
    cwd: "/",
    env: { PATH: config.step_path, HOME: packageCachePath(contract) },
    timeoutMs: VERSION_TIMEOUT_MS,
  });
  const version = stdout.trim();
  return exitCode === 0 && /^[0-9][0-9A-Za-z.+-]*$/.test(version) ? version : null;
}

async function fillStore(
  deps: PackageCacheDeps,
  { key, lockfiles }: { key: string; lockfiles: readonly MainLockfile[] },
  signal: AbortSignal,
): Promise<void> {
  const { contract, users, log } = deps;
  if (!users.isolated)
    log.warn({ key }, "NOT ISOLATED: without root a branch can write the packages that others install");
  const filling = await prepareFilling(`${packageStoreDirectory(contract, key)}.filling`, users, lockfiles);
  try {
    const pnpm = await pnpmVersion(deps);
    for (const cwd of filling.projects) await run(deps, filling, { argv: [...FETCH, filling.store], cwd }, signal);
    // The slots are in no group of this user's.
    await run(deps, filling, { argv: ["chmod", "-R", "a+rX,go-w", filling.store], cwd: filling.directory }, signal);
    await endUser(users);
    await removeTree(filling.home, ...filling.projects);
    const record = { lockfiles: lockfiles.map(({ oid }) => oid), pnpm: pnpm ?? "" };
    await completePackageStore(filling.directory, { contract, key, record });
  } finally {
    await endUser(users);
    await removeTree(filling.directory);
  }
}

async function endUser(users: ProcessUsers): Promise<void> {
  if (users.isolated) await killProcesses(({ uid }) => uid === users.packages.uid, KILL_DEADLINE_MS);
}

/** A run that started just before main moved on still installs from the store before. */
async function prune(contract: RuntimeContract): Promise<void> {
  const old = readyPackageStores(contract).slice(KEPT_STORES);
  await removeTree(...old.map(({ key }) => packageStoreDirectory(contract, key)));
}

async function run(
  { users, config }: PackageCacheDeps,
  { home }: Filling,
  { argv, cwd }: { argv: readonly string[]; cwd: string },
  signal: AbortSignal,
): Promise<void> {
  const { exitCode, timedOut, aborted, stdout, stderr } = await runCommand({
    argv: asUser(users.packages, argv),
    cwd,
    env: childEnvironment({
      source: config.step_env,
      declared: { CI: "true", NO_COLOR: "1" },
      home,
      path: config.step_path,
      packages: true,
    }),
    timeoutMs: FETCH_TIMEOUT_MS,
    signal,
  });
  if (exitCode === 0 && !timedOut && !aborted) return;
  const command = argv.slice(0, 2).join(" ");
  const ending = aborted ? "was ended" : timedOut ? `did not end within ${FETCH_TIMEOUT_MS / 1000} s` : "failed";
  const code = aborted ? "interrupted" : timedOut ? "step_timed_out" : "step_failed";
  const output = `${stdout}${stderr}`.slice(-LAST_CHARACTERS).trim();
  throw new OperatorError(code, `The packages of main could not be fetched: "${command}" ${ending}.\n${output}`, {
    hint: "Correct main's pnpm-lock.yaml, or the registry's settings, as the last lines say. Until then each slot fetches for itself.",
  });
}
