import { findRunEnds } from "@oroboros/control-store";
import { diskUsage, entriesOf, packageStoreDirectory, readyPackageStores } from "@oroboros/host";
import { artifactsPath, MAIN_BRANCH, runIdSchema, type RunId } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";
import { resolveCommit } from "../git/resolve-commit.ts";
import { mainLockfiles } from "../packages/main-lockfiles.ts";
import type { EvidenceFacts, StoreFacts } from "./plan-reconcile.ts";

/** The directories of runs, with how much they take. One of no run that we know is nobody's to remove. */
export async function observeEvidence({ contract, store }: Context): Promise<EvidenceFacts[]> {
  const root = artifactsPath(contract);
  const names = entriesOf(root).flatMap((name): RunId[] => {
    const runId = runIdSchema.safeParse(name);
    return runId.success ? [runId.data] : [];
  });
  const ends = await findRunEnds(store, names);
  const sizes = await diskUsage(names.map((name) => `${root}/${name}`));
  return [...ends].map(([runId, endedAt]) => ({ runId, endedAt, bytes: sizes.get(`${root}/${runId}`) ?? 0 }));
}

/** The stores of packages. Where main can not be read, all of them may be what it asks for. */
export async function observeStores({ contract, source }: Context): Promise<StoreFacts[]> {
  const stores = readyPackageStores(contract);
  if (stores.length === 0) return [];
  const isMains = await mainsLockfiles(source);
  const sizes = await diskUsage(stores.map(({ key }) => packageStoreDirectory(contract, key)));
  return stores.map(({ key, lockfiles, usedAtMs }) => ({
    key,
    isMains: isMains === undefined || lockfiles.some((oid) => isMains.has(oid)),
    usedAt: new Date(usedAtMs),
    bytes: sizes.get(packageStoreDirectory(contract, key)) ?? 0,
  }));
}

async function mainsLockfiles(source: Context["source"]): Promise<Set<string> | undefined> {
  try {
    const main = await resolveCommit(source.repository, { branch: MAIN_BRANCH, commitSha: null });
    return new Set((await mainLockfiles(source, main)).map(({ oid }) => oid));
  } catch {
    return undefined;
  }
}
