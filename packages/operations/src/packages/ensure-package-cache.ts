import { contentHash } from "@oroboros/host";
import type { CommitSha } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";
import { mainLockfiles } from "./main-lockfiles.ts";

export type PackageCacheReport =
  /** Main installs nothing with pnpm, or the installation has no pnpm. */
  { kind: "not_used" } | { kind: "ready"; key: string; already: boolean; isolated: boolean; durationMs: number };

/**
 * Fills the package cache that slots share from the lockfiles of a commit of main's. Repeating it finds it done; of several at
 * once one fetches and the others wait, because one store is filled at a time.
 *
 * @throws OperatorError `step_failed`, `step_timed_out`, `unreachable`; `invalid_manifest` where main can not be read.
 */
export async function ensurePackageCache(
  { packages, source }: Pick<Context, "packages" | "source">,
  main: CommitSha,
  signal?: AbortSignal,
): Promise<PackageCacheReport> {
  const lockfiles = await mainLockfiles(source, main);
  if (lockfiles.length === 0) return { kind: "not_used" };
  const pnpm = await packages.pnpmVersion();
  if (pnpm === null) return { kind: "not_used" };
  const oids = lockfiles.map(({ oid }) => oid).toSorted();
  const key = contentHash(JSON.stringify({ pnpm, lockfiles: oids }));
  return { kind: "ready", key, ...(await packages.fill(key, lockfiles, signal)) };
}
