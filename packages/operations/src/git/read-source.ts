import type { SqlFile } from "@oroboros/db-safety";
import {
  MANIFEST_FILE,
  OperatorError,
  parseAppManifest,
  type AppManifest,
  type CommitSha,
} from "@oroboros/slot-contract";
import { entriesBelow } from "./entries-below.ts";
import type { SourceReader } from "./source-reader.ts";

export async function readManifest(source: SourceReader, commit: CommitSha): Promise<AppManifest> {
  const text = await source.readText(commit, MANIFEST_FILE);
  if (text !== undefined) return parseAppManifest(text);
  throw new OperatorError("invalid_manifest", `Commit ${commit} has no ${MANIFEST_FILE}.`, {
    hint: "Add it at the top of the repository (docs/app-manifest.md has the smallest possible and every field, examples/node-app a whole one), commit, and publish the new commit.",
  });
}

/** The text of one file as it stands in a commit, read without a checkout. */
export async function readFileAt(source: SourceReader, commit: CommitSha, path: string): Promise<string> {
  const text = await source.readText(commit, path);
  return text ?? refuseUnreadable(commit, path);
}

function refuseUnreadable(commit: CommitSha, path: string): never {
  throw new OperatorError("invalid_manifest", `Commit ${commit} has no readable file ${path}.`, {
    hint: `Add ${path}, or correct the path in ${MANIFEST_FILE}, commit, and publish the new commit.`,
  });
}

/** @throws OperatorError `invalid_manifest` where the commit lacks the directory that a field of its manifest names. */
export async function requireDirectory(
  source: SourceReader,
  commit: CommitSha,
  { field, path }: { field: string; path: string },
): Promise<void> {
  if (entriesBelow(await source.listTree(commit), path).length === 0) throw noDirectory(commit, field, path);
}

function noDirectory(commit: CommitSha, field: string, path: string): OperatorError {
  return new OperatorError("invalid_manifest", `Commit ${commit} has no directory ${path} (${field}).`, {
    hint: `Add ${path}, or set ${field} in ${MANIFEST_FILE} to the directory you mean, commit, and publish the new commit.`,
  });
}

/** All are held in memory, and applied one after the other. */
const MAX_MIGRATIONS = 5_000;
const MAX_MIGRATIONS_BYTES = 32 * 1024 * 1024;

/**
 * The `*.sql` files of a directory in the order of their names; none for an application without migrations.
 *
 * @throws OperatorError `invalid_manifest` where the commit lacks the directory, or has too many of them or too large ones.
 */
export async function readSqlFiles(
  source: SourceReader,
  commit: CommitSha,
  directory: string | null,
): Promise<SqlFile[]> {
  if (directory === null) return [];
  const entries = entriesBelow(await source.listTree(commit), directory);
  if (entries.length === 0) throw noDirectory(commit, "database.migrations", directory);
  const files = entries.filter(({ name }) => name.endsWith(".sql") && !name.includes("/"));
  if (files.length > MAX_MIGRATIONS)
    throw tooMuchSql(commit, directory, `${files.length} migrations, more than ${MAX_MIGRATIONS}`);
  const oids = files.map(({ oid }) => oid);
  const texts = await source.readTexts(oids, MAX_MIGRATIONS_BYTES);
  const bytes = sum(oids.map((oid) => Buffer.byteLength(texts?.get(oid) ?? "")));
  if (texts === undefined || bytes > MAX_MIGRATIONS_BYTES)
    throw tooMuchSql(commit, directory, `more than ${MAX_MIGRATIONS_BYTES / 1024 / 1024} MiB of migrations`);
  return files
    .map(({ name, path, oid }) => ({ name, sql: texts.get(oid) ?? refuseUnreadable(commit, path) }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

function tooMuchSql(commit: CommitSha, directory: string, what: string): OperatorError {
  return new OperatorError("invalid_manifest", `Commit ${commit} has ${what} in ${directory}.`, {
    hint: "Join old migrations into one, move data that is large into the backend, commit, and publish the new commit.",
  });
}
