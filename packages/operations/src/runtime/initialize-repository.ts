import { runCommand } from "@oroboros/host";
import { MAIN_BRANCH, repoPath, type RuntimeContract } from "@oroboros/slot-contract";

const GIT_TIMEOUT_MS = 30_000;

/** Makes the bare repository that branches are pushed to. */
export async function initializeRepository(contract: RuntimeContract): Promise<void> {
  const { exitCode, stderr } = await runCommand({
    argv: ["git", "init", "--quiet", "--bare", `--initial-branch=${MAIN_BRANCH}`, repoPath(contract)],
    cwd: "/",
    env: { PATH: "/usr/local/bin:/usr/bin:/bin", GIT_CONFIG_NOSYSTEM: "1", GIT_CONFIG_GLOBAL: "/dev/null" },
    timeoutMs: GIT_TIMEOUT_MS,
  });
  if (exitCode !== 0) throw new Error(`git could not make ${repoPath(contract)}: ${stderr.trim()}`);
}
