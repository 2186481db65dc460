import type { SqlFile } from "@oroboros/db-safety";
import type { CommitSha } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";
import { readBaseTemplate, type BaseSource } from "../git/base-template.ts";
import { lateSeedOf } from "../git/late-seed.ts";
import { readManifest, readSqlFiles, requireDirectory } from "../git/read-source.ts";
import { resolveCommit } from "../git/resolve-commit.ts";
import type { TreeEntry } from "../git/source-reader.ts";
import { packageCacheFor } from "../packages/package-cache-for.ts";
import { withInstalls, type InstallableManifest } from "../packages/with-installs.ts";
import { requireOnBranch } from "./observe-source-branch.ts";
import { sourceKeys, type SourceKeys } from "./source-keys.ts";

/** What the repository says about a commit that is to be published. */
export interface SourceFacts {
  commitSha: CommitSha;
  manifest: InstallableManifest;
  tree: readonly TreeEntry[];
  keys: SourceKeys;
  /** The commit's own migrations. */
  migrations: SqlFile[];
  /** What the slot's database starts from. */
  base: BaseSource;
  /** The shared packages that cover a part's lockfile. */
  packageStores: { frontend: string | null; backend: string | null };
}

/**
 * Reads a commit, or a branch's head, its manifest and SQL, and looks for the directories that the manifest names. A commit that is
 * named with a branch has to be on it. Its database starts from main's latest seed, unless `readBase` reads something else.
 *
 * @throws OperatorError `commit_not_found`, `invalid_manifest`: it can not be published as it stands.
 */
export async function observeSource(
  { source, contract }: Pick<Context, "source" | "contract">,
  wanted: { branch: string | null; commitSha: CommitSha | null },
  readBase = (): Promise<BaseSource> => readBaseTemplate(source, "latest"),
): Promise<SourceFacts> {
  const reading = readBase();
  // What is wrong with main is told where nothing is wrong with the commit.
  reading.catch(() => undefined);
  const commitSha = await resolveCommit(source.repository, wanted);
  const { branch } = wanted;
  if (branch !== null && wanted.commitSha !== null) await requireOnBranch(source.repository, { branch, commitSha });
  const [written, tree] = await Promise.all([readManifest(source, commitSha), source.listTree(commitSha)]);
  const manifest = withInstalls(written, tree);
  const [migrations] = await Promise.all([
    readSqlFiles(source, commitSha, manifest.database.migrations),
    requireDirectory(source, commitSha, { field: "frontend.dir", path: manifest.frontend.dir }),
    requireDirectory(source, commitSha, { field: "backend.dir", path: manifest.backend.dir }),
  ]);
  const storeOf = ({ dir: directory }: { dir: string }): string | null =>
    packageCacheFor({ contract }, { tree, directory });
  const base = await reading;
  const lateSeed = await lateSeedOf(source, { commitSha, manifest }, base.lateSeed);
  const packageStores = { frontend: storeOf(manifest.frontend), backend: storeOf(manifest.backend) };
  return {
    commitSha,
    manifest,
    tree,
    keys: sourceKeys(manifest, tree),
    migrations,
    base: { ...base, lateSeed },
    packageStores,
  };
}
