import { commitShaSchema, MAIN_BRANCH, OperatorError, type CommitSha } from "@oroboros/slot-contract";
import { runGit } from "./run-git.ts";

/**
 * The full id of a commit, or of a branch's head.
 *
 * @throws OperatorError `commit_not_found` naming the branch or commit that the repository does not have.
 */
export async function resolveCommit(
  repository: string,
  wanted: { branch: string | null; commitSha: CommitSha | null },
): Promise<CommitSha> {
  const branch = wanted.branch ?? MAIN_BRANCH;
  const revision = wanted.commitSha ?? `refs/heads/${branch}`;
  const found = await runGit(repository, [
    "rev-parse",
    "--verify",
    "--quiet",
    "--end-of-options",
    `${revision}^{commit}`,
  ]);
  const sha = commitShaSchema.safeParse(found.stdout.trim());
  if (found.exitCode === 0 && sha.success) return sha.data;
  const [thing, advice] =
    wanted.commitSha === null
      ? [`Branch ${branch}`, `Push it with: git push ${repository} ${branch}`]
      : [
          `Commit ${wanted.commitSha}`,
          `Push the branch that contains it with: git push ${repository} ${wanted.branch ?? "<branch>"}`,
        ];
  throw new OperatorError("commit_not_found", `${thing} is not in the repository ${repository}.`, {
    hint: `${advice}. Then publish it again, or create a new run.`,
  });
}

/** Undefined in a repository that nobody has pushed a main to yet. */
export async function headOfMain(repository: string): Promise<CommitSha | undefined> {
  try {
    return await resolveCommit(repository, { branch: MAIN_BRANCH, commitSha: null });
  } catch (error) {
    if (error instanceof OperatorError && error.code === "commit_not_found") return undefined;
    throw error;
  }
}
