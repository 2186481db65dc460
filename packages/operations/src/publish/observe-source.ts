import type { SqlFile, TemplateSource } from "@oroboros/db-safety";
import type { Run } from "@oroboros/control-store";
import { repoPath, type AppManifest, type CommitSha } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";
import { readBaseTemplate } from "../git/base-template.ts";
import { readManifest, readSqlFiles, requireDirectory } from "../git/read-source.ts";
import { resolveCommit } from "../git/resolve-commit.ts";

/** What the repository says about a run's commit. */
export interface SourceFacts {
  commitSha: CommitSha;
  manifest: AppManifest;
  /** The commit's own migrations. */
  migrations: SqlFile[];
  /** What the slot's database starts from. */
  base: TemplateSource;
}

/**
 * Reads the run's commit, its manifest and SQL, and looks for the directories that the manifest names.
 *
 * @throws OperatorError `commit_not_found`, `invalid_manifest`: the run can not be published as it stands.
 */
export async function observeSource(context: Context, run: Run): Promise<SourceFacts> {
  const repository = repoPath(context.contract);
  const commitSha = await resolveCommit(repository, run);
  const [manifest, base] = await Promise.all([
    readManifest(repository, commitSha),
    readBaseTemplate(context.contract, "latest"),
  ]);
  const [migrations] = await Promise.all([
    readSqlFiles(repository, commitSha, manifest.database.migrations),
    requireDirectory(repository, commitSha, { field: "frontend.dir", path: manifest.frontend.dir }),
    requireDirectory(repository, commitSha, { field: "backend.dir", path: manifest.backend.dir }),
  ]);
  return { commitSha, manifest, migrations, base };
}
