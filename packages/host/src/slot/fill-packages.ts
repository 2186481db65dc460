import { OperatorError, type RuntimeContract } from "@oroboros/slot-contract";
import type { MainLockfile } from "../package-cache.ts";
import { completePackageStore, packageStoreDirectory, readyPackageStores } from "../package-store.ts";
import { removeTree } from "../remove-tree.ts";
import { type CommandResult, runCommand } from "../run-command.ts";
import type { Owner } from "../stage.ts";
import { prepareFilling } from "./package-filling.ts";

/** Who fills a store, and with what. */
export type PackageFiller = Readonly<{
  contract: Pick<RuntimeContract, "root">;
  /** Whom the files of a filling are given; undefined where whoever fills it is at work already. */
  owner: Owner | undefined;
  /** Makes the argv that runs another one as the user that fills. */
  asFiller: (argv: readonly string[]) => [string, ...string[]];
  /** What pnpm is told, for a home of its own. */
  environment: (home: string) => Record<string, string>;
  /** Ends whatever that user has left running. */
  endAll: () => Promise<void>;
}>;

const VERSION_TIMEOUT_MS = 10_000;
const FETCH_TIMEOUT_MS = 600_000;
const LAST_CHARACTERS = 2_000;
/** Main's, and main's before. */
const KEPT_STORES = 2;
/** Everything is decided here: no script, hook or setting of an application is asked. */
const FETCH = ["pnpm", "fetch", "--ignore-scripts", "--ignore-pnpmfile", "--store-dir"];

/**
 * Fetches the packages of lockfiles into the store of a key, beside the ready ones until it is complete.
 *
 * @throws OperatorError `step_failed` with pnpm's last lines, `step_timed_out`, `interrupted`.
 */
export async function fillPackageStore(
  filler: PackageFiller,
  { key, lockfiles }: { key: string; lockfiles: readonly MainLockfile[] },
  signal?: AbortSignal,
): Promise<void> {
  const { contract } = filler;
  const filling = await prepareFilling(`${packageStoreDirectory(contract, key)}.filling`, filler.owner, lockfiles);
  const run = (argv: readonly string[], cwd: string): Promise<void> =>
    fetchOrThrow(argv, { argv: filler.asFiller(argv), cwd, env: filler.environment(filling.home) }, signal);
  try {
    const pnpm = await pnpmVersion({ argv: filler.asFiller(PNPM_VERSION), env: filler.environment(filling.home) });
    for (const cwd of filling.projects) await run([...FETCH, filling.store], cwd);
    // The slots are in no group of this user's.
    await run(["chmod", "-R", "a+rX,go-w", filling.store], filling.directory);
    await filler.endAll();
    await removeTree(filling.home, ...filling.projects);
    const record = { lockfiles: lockfiles.map(({ oid }) => oid), pnpm: pnpm ?? "" };
    await completePackageStore(filling.directory, { contract, key, record });
  } finally {
    await filler.endAll();
    await removeTree(filling.directory);
  }
}

export const PNPM_VERSION = ["pnpm", "--version"] as const;

/** The version of the pnpm that `argv` asks; null where there is none. */
export async function pnpmVersion({
  argv,
  env,
}: {
  argv: readonly [string, ...string[]];
  env: Record<string, string>;
}): Promise<string | null> {
  const { exitCode, stdout } = await runCommand({ argv, cwd: "/", env, timeoutMs: VERSION_TIMEOUT_MS }).catch(
    (error: unknown) => {
      if (error instanceof OperatorError && error.code === "start_failed") return { exitCode: null, stdout: "" };
      throw error;
    },
  );
  const version = stdout.trim();
  return exitCode === 0 && /^[0-9][0-9A-Za-z.+-]*$/.test(version) ? version : null;
}

/** A run that started just before main moved on still installs from the store before. */
export async function prunePackageStores(contract: Pick<RuntimeContract, "root">): Promise<void> {
  const old = readyPackageStores(contract).slice(KEPT_STORES);
  await removeTree(...old.map(({ key }) => packageStoreDirectory(contract, key)));
}

async function fetchOrThrow(
  said: readonly string[],
  { argv, cwd, env }: { argv: readonly [string, ...string[]]; cwd: string; env: Record<string, string> },
  signal: AbortSignal | undefined,
): Promise<void> {
  const result = await runCommand({ argv, cwd, env, timeoutMs: FETCH_TIMEOUT_MS, signal });
  if (result.exitCode === 0 && !result.timedOut && !result.aborted) return;
  throw notFetched(said.slice(0, 2).join(" "), result);
}

function notFetched(command: string, { aborted, timedOut, stdout, stderr }: CommandResult): OperatorError {
  const ending = aborted ? "was ended" : timedOut ? `did not end within ${FETCH_TIMEOUT_MS / 1000} s` : "failed";
  const code = aborted ? "interrupted" : timedOut ? "step_timed_out" : "step_failed";
  const output = `${stdout}${stderr}`.slice(-LAST_CHARACTERS).trim();
  return new OperatorError(code, `The packages of main could not be fetched: "${command}" ${ending}.\n${output}`, {
    hint: "Correct main's pnpm-lock.yaml, or the registry's settings, as the last lines say. Until then each slot fetches for itself.",
  });
}
