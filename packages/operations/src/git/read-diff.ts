import { commitShaSchema, MAIN_BRANCH, type CommitSha, type RunDiff } from "@oroboros/slot-contract";
import { runGit } from "./run-git.ts";

export type CommitDiff = Omit<RunDiff, "run_id">;

const MAX_FILES = 3_000;
const MAX_LIST_BYTES = 4 * 1024 * 1024;
const MAX_PATCH_BYTES = 512 * 1024;
/** Git's id of a tree without files, which every repository knows. */
const EMPTY_TREE = commitShaSchema.parse("4b825dc642cb6eb9a060e54bf8d69288fbee4904");
/** Renames are looked for among so many files: the search takes the square of it. */
const RENAMES = ["-M", "-l400"];
/** Neither a program of the repository's settings nor one of its attributes has a say in what is shown. */
const PLAIN = ["-r", "--no-ext-diff", "--no-textconv", "--no-color", "--full-index"];

/** What a commit changes since it left main, read from the repository alone; everything, where it never was a part of main. */
export async function readDiff(repository: string, commitSha: CommitSha): Promise<CommitDiff> {
  const base = await mergeBase(repository, commitSha);
  const between = ["--end-of-options", base, commitSha];
  const [list, patch] = await Promise.all([
    headOf(repository, ["diff-tree", ...PLAIN, ...RENAMES, "-z", "--raw", "--numstat", ...between], MAX_LIST_BYTES),
    headOf(repository, ["diff-tree", ...PLAIN, ...RENAMES, "-p", ...between], MAX_PATCH_BYTES),
  ]);
  const files = list.isWhole ? filesIn(list.text) : [];
  return {
    base_sha: base,
    commit_sha: commitSha,
    files: files.slice(0, MAX_FILES),
    patch: patch.isWhole ? patch.text : patch.text.slice(0, patch.text.lastIndexOf("\n") + 1),
    truncated: !list.isWhole || !patch.isWhole || files.length > MAX_FILES,
  };
}

async function mergeBase(repository: string, commitSha: CommitSha): Promise<CommitSha> {
  const found = await runGit(repository, ["merge-base", "--end-of-options", `refs/heads/${MAIN_BRANCH}`, commitSha]);
  const base = commitShaSchema.safeParse(found.stdout.trim());
  return found.exitCode === 0 && base.success ? base.data : EMPTY_TREE;
}

/** The beginning of what git says: of a command's output, its end is kept otherwise. */
async function headOf(
  repository: string,
  args: readonly string[],
  maxBytes: number,
): Promise<{ text: string; isWhole: boolean }> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const { exitCode, stderr } = await runGit(repository, args, {
    maxOutputBytes: 65_536,
    onOutput: (stream, chunk) => {
      if (stream !== "stdout") return;
      if (bytes <= maxBytes) chunks.push(chunk);
      bytes += chunk.byteLength;
    },
  });
  if (exitCode !== 0) throw new Error(`git ${args[0]} ended with ${exitCode}: ${stderr.trim()}`);
  return { text: Buffer.concat(chunks).subarray(0, maxBytes).toString("utf8"), isWhole: bytes <= maxBytes };
}

const STATUS: Record<string, CommitDiff["files"][number]["status"]> = { A: "added", D: "deleted", R: "renamed" };

/** Git lists every file's status first, and then every file's lines, in the same order (git-diff-tree(1), "OUTPUT FORMAT"). */
function filesIn(list: string): CommitDiff["files"] {
  const fields = list.split("\0");
  const statuses: string[] = [];
  let at = 0;
  for (; fields[at]?.startsWith(":") === true; at += isRename(statuses.at(-1)) ? 3 : 2) {
    statuses.push(fields[at]?.split(" ").at(-1) ?? "");
  }
  return statuses.map((status) => {
    const [additions = "", deletions = "", ...name] = (fields[at] ?? "").split("\t");
    const path = isRename(status) ? (fields[at + 2] ?? "") : name.join("\t");
    at += isRename(status) ? 3 : 1;
    return {
      path,
      status: STATUS[status.charAt(0)] ?? "modified",
      additions: lines(additions),
      deletions: lines(deletions),
    };
  });
}

const isRename = (status = ""): boolean => status.startsWith("R");

/** A file that is no text has a dash instead of a count. */
const lines = (count: string): number => (count === "-" ? 0 : Number(count));
