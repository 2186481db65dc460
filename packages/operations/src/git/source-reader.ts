import { OperatorError, type CommitSha } from "@oroboros/slot-contract";
import { readBlobs } from "./read-blobs.ts";
import { runGit } from "./run-git.ts";

/** One file of a commit, as git-ls-tree(1) lists it. */
export interface TreeEntry {
  path: string;
  /** What kind of file it is, as git writes it: `100644`, `100755` for an executable one, `120000` for a symbolic link. */
  mode: string;
  /** The id of its content: the same id is the same bytes. */
  oid: string;
}

/** Reads commits out of a repository. What a commit holds never changes, so what was read once is not read again. */
export interface SourceReader {
  readonly repository: string;
  /** Every file of a commit, in the order of the paths. */
  listTree(commit: CommitSha): Promise<readonly TreeEntry[]>;
  /** The text of one file; undefined where the commit has no readable file of that name. */
  readText(commit: CommitSha, path: string): Promise<string | undefined>;
  /** The texts of files by the ids of their contents, read by one git; undefined where they are larger than `maxBytes` in all. */
  readTexts(oids: readonly string[], maxBytes: number): Promise<ReadonlyMap<string, string> | undefined>;
}

const TREES_KEPT = 32;
const TEXTS_KEPT = 512;
const MAX_KEPT_TEXT = 256 * 1024;

export function openSourceReader(repository: string, run = runGit): SourceReader {
  const trees = new Map<CommitSha, readonly TreeEntry[]>();
  const texts = new Map<string, string>();

  const listTree = async (commit: CommitSha): Promise<readonly TreeEntry[]> => {
    const known = trees.get(commit);
    if (known !== undefined) return known;
    const entries = await readTree(repository, commit, run);
    keep(trees, commit, entries, TREES_KEPT);
    return entries;
  };
  const readText = async (commit: CommitSha, path: string): Promise<string | undefined> => {
    const entry = (await listTree(commit)).find((each) => each.path === path);
    if (entry === undefined) return undefined;
    const known = texts.get(entry.oid);
    if (known !== undefined) return known;
    const text = await readBlob(repository, entry.oid, run);
    if (text !== undefined) keepText(entry.oid, text);
    return text;
  };
  const readTexts = async (
    oids: readonly string[],
    maxBytes: number,
  ): Promise<ReadonlyMap<string, string> | undefined> => {
    const known = new Map(oids.flatMap((oid) => (texts.has(oid) ? [[oid, texts.get(oid) ?? ""] as const] : [])));
    const unknown = [...new Set(oids)].filter((oid) => !known.has(oid));
    const read = await readBlobs(repository, unknown, { maxBytes, run });
    if (read === undefined) return undefined;
    for (const [oid, text] of read) keepText(oid, text);
    return new Map([...known, ...read]);
  };
  const keepText = (oid: string, text: string): void => {
    if (text.length <= MAX_KEPT_TEXT) keep(texts, oid, text, TEXTS_KEPT);
  };
  return { repository, listTree, readText, readTexts };
}

async function readTree(repository: string, commit: CommitSha, run: typeof runGit): Promise<TreeEntry[]> {
  const { exitCode, stdout, stderr, truncated } = await run(repository, ["ls-tree", "-r", "-z", "--full-tree", commit]);
  if (truncated) throw tooManyFiles(commit);
  if (exitCode !== 0) {
    throw new OperatorError(
      "commit_not_found",
      `Commit ${commit} can not be read from ${repository}: ${stderr.trim()}`,
      {
        hint: `Push a branch that contains it with: git push ${repository} <branch>`,
      },
    );
  }
  return stdout.split("\0").flatMap((line) => {
    const [, mode, oid, path] = /^([0-7]{6}) blob ([0-9a-f]{40,64})\t(.+)$/s.exec(line) ?? [];
    return mode === undefined || oid === undefined || path === undefined ? [] : [{ path, mode, oid }];
  });
}

function tooManyFiles(commit: CommitSha): OperatorError {
  return new OperatorError(
    "invalid_manifest",
    `Commit ${commit} has more files than can be listed (32 MiB of names).`,
    {
      hint: "Remove what does not belong into the repository, such as installed packages and builds, commit, and publish the new commit.",
    },
  );
}

async function readBlob(repository: string, oid: string, run: typeof runGit): Promise<string | undefined> {
  const file = await run(repository, ["cat-file", "blob", oid]);
  return file.exitCode === 0 && !file.truncated ? file.stdout : undefined;
}

/** A Map keeps the order of insertion: its first entry is the one that was read longest ago. */
function keep<Key, Value>(cache: Map<Key, Value>, key: Key, value: Value, size: number): void {
  cache.set(key, value);
  const [oldest] = cache.keys();
  if (cache.size > size && oldest !== undefined) cache.delete(oldest);
}
