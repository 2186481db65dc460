import { commitShaSchema, OperatorError, type CommitSha } from "@oroboros/slot-contract";
import { runGit } from "../git/run-git.ts";

const NAMED = 5;

/**
 * The commit that a clone stands at, with everything in it committed.
 *
 * @throws OperatorError `tree_not_committed` naming what is not; `commit_not_found` where there is no commit.
 */
export async function committedHead(checkout: string): Promise<{ commit: CommitSha; tree: CommitSha }> {
  const git = gitOf(checkout);
  const [status, commit, tree] = [
    await git(["status", "--porcelain", "--untracked-files=all"]),
    await git(["rev-parse", "--verify", "--quiet", "HEAD^{commit}"]),
    await git(["rev-parse", "--verify", "--quiet", "HEAD^{tree}"]),
  ];
  const [commitId, treeId] = [commit, tree].map((text) => commitShaSchema.safeParse(text?.trim()));
  if (status === undefined || !commitId?.success || !treeId?.success) throw noCommit(checkout);
  const changed = status.split("\n").filter((line) => line !== "");
  if (changed.length > 0) throw notCommitted(checkout, changed);
  return { commit: commitId.data, tree: treeId.data };
}

/** Undefined where git fails. The directory is named, so that git neither looks for one nor refuses one of another owner. */
const gitOf =
  (checkout: string) =>
  async (args: readonly string[]): Promise<string | undefined> => {
    const { exitCode, stdout } = await runGit(`${checkout}/.git`, [`--work-tree=${checkout}`, ...args]);
    return exitCode === 0 ? stdout : undefined;
  };

function noCommit(checkout: string): OperatorError {
  return new OperatorError("commit_not_found", `${checkout} is no git repository with a commit.`, {
    hint: "A release is named after its commit: install from a clone of the repository.",
  });
}

function notCommitted(checkout: string, changed: readonly string[]): OperatorError {
  const named = changed.slice(0, NAMED).map((line) => line.slice(3));
  const more = changed.length > NAMED ? `, and ${changed.length - NAMED} more` : "";
  return new OperatorError(
    "tree_not_committed",
    `${checkout} holds what its commit does not: ${named.join(", ")}${more}.`,
    { hint: `Commit it, or look at it with: git -C ${checkout} status` },
  );
}
