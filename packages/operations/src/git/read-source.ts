import type { SqlFile } from "@oroboros/db-safety";
import {
  MANIFEST_FILE,
  OperatorError,
  parseAppManifest,
  type AppManifest,
  type CommitSha,
} from "@oroboros/slot-contract";
import { runGit } from "./run-git.ts";

export async function readManifest(repository: string, commit: CommitSha): Promise<AppManifest> {
  return parseAppManifest(await readFileAt(repository, commit, MANIFEST_FILE));
}

/** The text of one file as it stands in a commit, read without a checkout. */
export async function readFileAt(repository: string, commit: CommitSha, path: string): Promise<string> {
  const file = await runGit(repository, ["cat-file", "blob", `${commit}:${path}`]);
  if (file.exitCode === 0 && !file.truncated) return file.stdout;
  throw new OperatorError("invalid_manifest", `Commit ${commit} has no readable file ${path}.`, {
    hint: `Add ${path}, or correct the path in ${MANIFEST_FILE}, commit, and publish the new commit.`,
  });
}

/** The `*.sql` files of a directory in the order of their names. */
export async function readSqlFiles(repository: string, commit: CommitSha, directory: string): Promise<SqlFile[]> {
  const listing = await runGit(repository, ["ls-tree", "-z", "--name-only", "--full-tree", `${commit}:${directory}`]);
  if (listing.exitCode !== 0) {
    throw new OperatorError("invalid_manifest", `Commit ${commit} has no directory ${directory}.`, {
      hint: `Correct database.migrations in ${MANIFEST_FILE}, commit, and publish the new commit.`,
    });
  }
  const names = listing.stdout
    .split("\0")
    .filter((name) => name.endsWith(".sql"))
    .toSorted();
  return Promise.all(
    names.map(async (name) => ({ name, sql: await readFileAt(repository, commit, `${directory}/${name}`) })),
  );
}
