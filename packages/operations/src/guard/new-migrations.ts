import type { SqlFile } from "@oroboros/db-safety";
import { MAIN_BRANCH, OperatorError, type AppManifest, type CommitSha } from "@oroboros/slot-contract";
import { entriesBelow } from "../git/entries-below.ts";
import { readManifest, readSqlFiles } from "../git/read-source.ts";
import { resolveCommit } from "../git/resolve-commit.ts";
import type { SourceReader, TreeEntry } from "../git/source-reader.ts";
import type { MigrationsToRead } from "./find-in-migrations.ts";

const NONE: MigrationsToRead = { files: [], unreadable: [] };

/** The migrations that a commit has and main has not: what a merge would bring. A file that main has with other contents is one. */
export async function newMigrations(source: SourceReader, commit: CommitSha): Promise<MigrationsToRead> {
  const main = await resolveCommit(source.repository, { branch: MAIN_BRANCH, commitSha: null });
  if (main === commit) return NONE;
  const { backend, database } = await readManifest(source, commit);
  if (backend.migrate !== undefined) return filesOfCommand(source, { commit, main }, backend);
  const [files, there] = await Promise.all([
    readSqlFiles(source, commit, database.migrations),
    migrationsOf(source, main),
  ]);
  const known = new Map(there.map(({ name, sql }) => [name, sql]));
  return { files: files.filter(({ name, sql }) => known.get(name) !== sql), unreadable: [] };
}

/** A main that could not be published itself has none. */
async function migrationsOf(source: SourceReader, main: CommitSha): Promise<SqlFile[]> {
  try {
    return await readSqlFiles(source, main, (await readManifest(source, main)).database.migrations);
  } catch (error) {
    if (error instanceof OperatorError) return [];
    throw error;
  }
}

const MAX_BYTES = 32 * 1024 * 1024;

/** What the command does is its own affair; where the manifest says what it reads, the SQL among that can be looked at. */
async function filesOfCommand(
  source: SourceReader,
  { commit, main }: { commit: CommitSha; main: CommitSha },
  { migrateInputs = [] }: AppManifest["backend"],
): Promise<MigrationsToRead> {
  const [tree, mainTree] = await Promise.all([source.listTree(commit), source.listTree(main)]);
  const there = new Set(mainTree.map(keyOf));
  const inputs = new Set(
    migrateInputs.flatMap((input) => [input, ...entriesBelow(tree, input).map(({ path }) => path)]),
  );
  const changed = tree.filter((entry) => inputs.has(entry.path) && !there.has(keyOf(entry)));
  const texts = await source.readTexts(
    changed.filter(isSql).map(({ oid }) => oid),
    MAX_BYTES,
  );
  const read = changed.map((entry) => ({ entry, sql: isSql(entry) ? texts?.get(entry.oid) : undefined }));
  const files = read.flatMap(({ entry, sql }) => (sql === undefined ? [] : [{ name: entry.path, sql }]));
  const unread = read.flatMap(({ entry, sql }) =>
    sql === undefined ? [{ file: entry.path, reason: isSql(entry) ? "it could not be read" : "it is not SQL" }] : [],
  );
  return {
    files,
    // First, and of the others only so many: a branch that has more of them hides nothing behind them.
    unreadable: [{ file: "backend.migrate", reason: "what the command does besides is not known" }, ...named(unread)],
  };
}

const MAX_NAMED = 20;

function named(unread: MigrationsToRead["unreadable"]): MigrationsToRead["unreadable"] {
  const [next, ...rest] = unread.slice(MAX_NAMED);
  if (next === undefined) return unread;
  const more = { file: next.file, reason: `it and ${rest.length} more of what the command reads were not read` };
  return [...unread.slice(0, MAX_NAMED), more];
}

/** Some tools, and some people, write the ending in capitals. */
const isSql = ({ path }: TreeEntry): boolean => path.toLowerCase().endsWith(".sql");
const keyOf = ({ path, oid }: TreeEntry): string => `${oid} ${path}`;
