import { OperatorError, type CommitSha } from "@oroboros/slot-contract";
import { runGit } from "../git/run-git.ts";

/**
 * Refuses a commit that the branch it was named with does not have: whoever looks at the preview takes it for that branch's. A branch
 * that has moved on still has it; one that was pushed over does not.
 *
 * @throws OperatorError `commit_not_found`, naming both.
 */
export async function requireOnBranch(
  repository: string,
  { branch, commitSha }: { branch: string; commitSha: CommitSha },
): Promise<void> {
  const command = ["merge-base", "--is-ancestor", "--end-of-options", commitSha, `refs/heads/${branch}`];
  const { exitCode, stderr } = await runGit(repository, command);
  if (exitCode === 0) return;
  // 1 says that it is not, 128 that there is no such branch.
  if (exitCode !== 1 && exitCode !== 128) throw new Error(`git merge-base ended with ${exitCode}: ${stderr.trim()}`);
  throw new OperatorError("commit_not_found", `Commit ${commitSha} is not on branch ${branch} of ${repository}.`, {
    hint:
      `Publish the commit alone with: oroboros runs create --title <title> --commit ${commitSha}. Or push it to the branch with: ` +
      `git push ${repository} ${commitSha}:refs/heads/${branch}, and then publish it again, or create a new run.`,
  });
}
