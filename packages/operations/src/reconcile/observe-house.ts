import { findRunEnds } from "@oroboros/control-store";
import { diskUsage, entriesOf, packageStoreDirectory, readyPackageStores } from "@oroboros/host";
import { artifactsPath, MAIN_BRANCH, OperatorError, runIdSchema, type RunId } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";
import { resolveCommit } from "../git/resolve-commit.ts";
import { mainLockfiles } from "../packages/main-lockfiles.ts";
import type { EvidenceFacts, StoreFacts } from "./plan-reconcile.ts";

/** The directories of runs, with how much they take; none where that is not known. One of no run that we know is nobody's to remove. */
export async function observeEvidence({ contract, store, log }: Context): Promise<EvidenceFacts[]> {
  const root = artifactsPath(contract);
  const names = entriesOf(root).flatMap((name): RunId[] => {
    const runId = runIdSchema.safeParse(name);
    return runId.success ? [runId.data] : [];
  });
  const ends = await findRunEnds(store, names);
  const sizes = await measured(
    names.map((name) => `${root}/${name}`),
    log,
  );
  if (sizes === undefined) return [];
  return [...ends].map(([runId, endedAt]) => ({ runId, endedAt, bytes: sizes.get(`${root}/${runId}`) ?? 0 }));
}

/** The stores of packages; none where it is not known how much they take. Where main can not be read, all of them may be what it asks for. */
export async function observeStores({ contract, source, log }: Context): Promise<StoreFacts[]> {
  const stores = readyPackageStores(contract);
  if (stores.length === 0) return [];
  const isMains = await mainsLockfiles(source, log);
  const sizes = await measured(
    stores.map(({ key }) => packageStoreDirectory(contract, key)),
    log,
  );
  if (sizes === undefined) return [];
  return stores.map(({ key, lockfiles, usedAtMs }) => ({
    key,
    isMains: isMains === undefined || lockfiles.some((oid) => isMains.has(oid)),
    usedAt: new Date(usedAtMs),
    bytes: sizes.get(packageStoreDirectory(contract, key)) ?? 0,
  }));
}

/** What can not be measured is not removed for its size. */
async function measured(paths: readonly string[], log: Context["log"]): Promise<Map<string, number> | undefined> {
  const sizes = await diskUsage(paths);
  if (sizes === undefined)
    log.warn({ paths: paths.length }, "what these directories take could not be measured; all stay");
  return sizes;
}

async function mainsLockfiles(source: Context["source"], log: Context["log"]): Promise<Set<string> | undefined> {
  try {
    const main = await resolveCommit(source.repository, { branch: MAIN_BRANCH, commitSha: null });
    return new Set((await mainLockfiles(source, main)).map(({ oid }) => oid));
  } catch (error) {
    const isUnborn = error instanceof OperatorError && error.code === "commit_not_found";
    if (!isUnborn) log.warn({ err: error }, "main's lockfiles could not be read; all packages stay");
    return undefined;
  }
}
