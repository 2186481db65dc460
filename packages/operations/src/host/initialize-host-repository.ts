import { runCommand } from "@oroboros/host";
import { MAIN_BRANCH, OperatorError, repoPath, type CommitSha, type RuntimeContract } from "@oroboros/slot-contract";

const DEADLINE_MS = 120_000;
/** Every user of the runtime reads the repository, whatever the umask of who pushes to it (git-config(1), core.sharedRepository). */
const READABLE = "0644";

/**
 * Makes the bare repository that branches are pushed to, with main at the clone's commit. A main that is there is never moved.
 *
 * @throws OperatorError `unit_failed` with what git says, as of a shallow clone.
 */
export async function initializeHostRepository(
  contract: RuntimeContract,
  { checkout, commit }: { checkout: string; commit: CommitSha },
): Promise<void> {
  const repository = repoPath(contract);
  await git(["init", "--quiet", "--bare", `--initial-branch=${MAIN_BRANCH}`, repository]);
  // Not `--shared`, which changes the mode of the directory itself.
  await git([`--git-dir=${repository}`, "config", "core.sharedRepository", READABLE]);
  // From the clone and not to it, so that nothing is read from a repository of another owner; a hook of the clone's is not run.
  await git([
    ...["-c", "core.hooksPath=/dev/null", `--git-dir=${checkout}/.git`],
    ...["push", "--quiet", repository, `${commit}:refs/heads/${MAIN_BRANCH}`],
  ]);
}

async function git(args: readonly string[]): Promise<void> {
  const { exitCode, stderr } = await runCommand({
    argv: ["git", ...args],
    cwd: "/",
    env: {
      PATH: "/usr/local/bin:/usr/bin:/bin",
      HOME: "/nonexistent",
      LC_ALL: "C",
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_CONFIG_GLOBAL: "/dev/null",
      GIT_TERMINAL_PROMPT: "0",
      GIT_ALLOW_PROTOCOL: "file",
    },
    timeoutMs: DEADLINE_MS,
  });
  if (exitCode === 0) return;
  throw new OperatorError("unit_failed", `git could not make the repository: ${stderr.trim()}`, {
    hint: "Of a shallow clone, get the rest first with: git fetch --unshallow. Then type the command again.",
  });
}
