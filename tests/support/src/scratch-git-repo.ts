import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { makeTempDir, removeDir } from "./temp-dir.ts";

const run = promisify(execFile);

export interface ScratchGitRepo extends AsyncDisposable {
  readonly path: string;
  readonly git: (...args: string[]) => Promise<string>;
  /** Writes the files, commits everything and returns the commit's sha. */
  readonly commit: (files: Readonly<Record<string, string>>, message: string) => Promise<string>;
}

/** A real repository with branch `main` and no commit, untouched by the machine's git configuration. */
export async function scratchGitRepo(): Promise<ScratchGitRepo> {
  const path = await makeTempDir();
  const git = async (...args: string[]): Promise<string> => {
    const { stdout } = await run("git", ["-C", path, ...args], { env: ENVIRONMENT });
    return stdout.trim();
  };
  await git("init", "--quiet", "--initial-branch=main");
  return {
    path,
    git,
    commit: async (files, message) => {
      await writeAll(path, files);
      await git("add", "--all");
      await git("commit", "--quiet", "--message", message);
      return git("rev-parse", "HEAD");
    },
    [Symbol.asyncDispose]: () => removeDir(path),
  };
}

const ENVIRONMENT = {
  PATH: "/usr/bin:/bin",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_SYSTEM: "/dev/null",
  GIT_AUTHOR_NAME: "Test",
  GIT_AUTHOR_EMAIL: "test@example.com",
  GIT_COMMITTER_NAME: "Test",
  GIT_COMMITTER_EMAIL: "test@example.com",
};

async function writeAll(root: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    const path = join(root, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
}
