import { makeDirectory, runCommand, stageTree } from "@oroboros/host";
import { repoPath, type RuntimeContract } from "@oroboros/slot-contract";

/** Directory with the example application in `main/` and, in `branch.patch`, what the demo's branch changes in it. */
export interface DemoSource {
  directory: string;
}

export const DEMO_BRANCH = "feature/urgent-items";
const MESSAGES = { main: "Start the launch list", branch: "Let items be urgent" };
const GIT_TIMEOUT_MS = 30_000;

/**
 * Makes a git repository of the example, commits a branch on top of main, and pushes both to the installation's repository.
 * Resolves to the branch's commit id.
 */
export async function pushExample(contract: RuntimeContract, source: DemoSource): Promise<string> {
  const clone = `${contract.root}/scratch/launch-list`;
  makeDirectory(`${contract.root}/scratch`, { mode: 0o700 });
  await stageTree(`${source.directory}/main`, clone);
  await git(clone, ["init", "--quiet", "--initial-branch=main"]);
  await commitAll(clone, MESSAGES.main);
  await git(clone, ["checkout", "--quiet", "-b", DEMO_BRANCH]);
  await git(clone, ["apply", `${source.directory}/branch.patch`]);
  await commitAll(clone, MESSAGES.branch);
  await git(clone, ["push", "--quiet", repoPath(contract), "main", DEMO_BRANCH]);
  return (await git(clone, ["rev-parse", "HEAD"])).trim();
}

async function commitAll(clone: string, message: string): Promise<void> {
  await git(clone, ["add", "--all"]);
  await git(clone, [
    "-c",
    "user.name=Oroboros demo",
    "-c",
    "user.email=demo@localhost",
    "commit",
    "--quiet",
    "-m",
    message,
  ]);
}

async function git(cwd: string, args: string[]): Promise<string> {
  const result = await runCommand({
    argv: ["git", ...args],
    cwd,
    env: {
      PATH: "/usr/local/bin:/usr/bin:/bin",
      HOME: "/nonexistent",
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_CONFIG_GLOBAL: "/dev/null",
    },
    timeoutMs: GIT_TIMEOUT_MS,
  });
  if (result.exitCode !== 0) throw new Error(`git ${args[0]} exited with ${result.exitCode}: ${result.stderr.trim()}`);
  return result.stdout;
}
