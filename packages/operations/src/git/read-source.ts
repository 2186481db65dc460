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
  const text = await readBlob(repository, commit, MANIFEST_FILE);
  if (text !== undefined) return parseAppManifest(text);
  throw new OperatorError("invalid_manifest", `Commit ${commit} has no ${MANIFEST_FILE}.`, {
    hint: "Add it at the top of the repository (examples/node-app has one to start from), commit, and publish the new commit.",
  });
}

/** The text of one file as it stands in a commit, read without a checkout. */
export async function readFileAt(repository: string, commit: CommitSha, path: string): Promise<string> {
  const text = await readBlob(repository, commit, path);
  if (text !== undefined) return text;
  throw new OperatorError("invalid_manifest", `Commit ${commit} has no readable file ${path}.`, {
    hint: `Add ${path}, or correct the path in ${MANIFEST_FILE}, commit, and publish the new commit.`,
  });
}

async function readBlob(repository: string, commit: CommitSha, path: string): Promise<string | undefined> {
  const file = await runGit(repository, ["cat-file", "blob", `${commit}:${path}`]);
  return file.exitCode === 0 && !file.truncated ? file.stdout : undefined;
}

/** @throws OperatorError `invalid_manifest` where the commit lacks the directory that a field of its manifest names. */
export async function requireDirectory(
  repository: string,
  commit: CommitSha,
  { field, path }: { field: string; path: string },
): Promise<void> {
  // Git takes `<commit>:./<path>` as relative to a working tree, and an empty path as the commit's root.
  const inTree = path
    .split("/")
    .filter((piece) => piece !== ".")
    .join("/");
  const found = await runGit(repository, ["cat-file", "-t", `${commit}:${inTree}`]);
  if (found.exitCode !== 0 || found.stdout.trim() !== "tree") throw noDirectory(commit, field, path);
}

function noDirectory(commit: CommitSha, field: string, path: string): OperatorError {
  return new OperatorError("invalid_manifest", `Commit ${commit} has no directory ${path} (${field}).`, {
    hint: `Add ${path}, or set ${field} in ${MANIFEST_FILE} to the directory you mean, commit, and publish the new commit.`,
  });
}

/** The `*.sql` files of a directory in the order of their names. */
export async function readSqlFiles(repository: string, commit: CommitSha, directory: string): Promise<SqlFile[]> {
  const listing = await runGit(repository, ["ls-tree", "-z", "--name-only", "--full-tree", `${commit}:${directory}`]);
  if (listing.exitCode !== 0) throw noDirectory(commit, "database.migrations", directory);
  const names = listing.stdout
    .split("\0")
    .filter((name) => name.endsWith(".sql"))
    .toSorted();
  return Promise.all(
    names.map(async (name) => ({ name, sql: await readFileAt(repository, commit, `${directory}/${name}`) })),
  );
}
