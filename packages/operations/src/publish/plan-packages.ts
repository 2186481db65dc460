import type { StepRequest } from "@oroboros/slot-contract";
import { entriesBelow } from "../git/entries-below.ts";
import type { TreeEntry } from "../git/source-reader.ts";
import { withPackageCache } from "../packages/with-package-cache.ts";
import type { InstalledPackages } from "./live-publish.ts";
import type { PackagesPlan } from "./publish-plan.ts";
import { isDependencyFile } from "./source-keys.ts";

const INSTALL_TIMEOUT_MS = 600_000;
const LINK_TIMEOUT_MS = 30_000;
/** What an error message shows of a step's output is read outside a terminal, and nobody is there to answer a prompt. */
export const UNATTENDED = { CI: "true", NO_COLOR: "1" };
/**
 * For what runs once packages are installed. By itself `pnpm run` looks whether they were installed with the settings it has now, and installs
 * them again where they came from a shared store: by way of the network, and hard-linked from a store of the slot's.
 */
export const INSTALLED = { pnpm_config_verify_deps_before_run: "false" };

/** An install in a fresh worktree, or links to what an earlier publish of the run installed from the same lockfile. */
export function planPackages(request: {
  worktree: string;
  dir: string;
  install: string[];
  tree: readonly TreeEntry[];
  /** Names that are made later and do not belong to the packages. */
  made: readonly string[];
  installed: InstalledPackages | undefined;
  /** The shared packages that cover the part's lockfile. */
  store: string | null;
}): PackagesPlan {
  const { worktree, dir, install, tree, made, installed, store } = request;
  if (installed !== undefined) return { kind: "link", commands: linkCommands(worktree, installed), from: installed };
  const command: StepRequest = {
    kind: "install",
    argv: install,
    cwd: `${worktree}/${dir}`,
    env: UNATTENDED,
    timeout_ms: INSTALL_TIMEOUT_MS,
  };
  const tries = withPackageCache(command, store);
  return { kind: "install", tries, worktree, look: placesToLook(tree, dir, made) };
}

/** Packages are installed beside the files that name them. */
function placesToLook(
  tree: readonly TreeEntry[],
  dir: string,
  made: readonly string[],
): { dir: string; own: string[] }[] {
  const below = entriesBelow(tree, dir);
  const folders = below
    .filter(({ path }) => isDependencyFile(path))
    .map(({ name }) => (name.includes("/") ? `${dir}/${name.slice(0, name.lastIndexOf("/"))}` : dir));
  return [...new Set([dir, ...folders])].map((folder) => {
    const own = entriesBelow(tree, folder).map(({ name }) => name.split("/")[0] ?? name);
    return { dir: folder, own: [...new Set([...own, ...(folder === dir ? made : [])])] };
  });
}

function linkCommands(worktree: string, { worktree: from, entries }: InstalledPackages): StepRequest[] {
  return entries
    .filter(({ names }) => names.length > 0)
    .map(({ dir, names }) => ({
      kind: "install",
      argv: ["ln", "-sfn", "-t", `${worktree}/${dir}`, "--", ...names.map((name) => `${from}/${dir}/${name}`)],
      cwd: worktree,
      env: {},
      timeout_ms: LINK_TIMEOUT_MS,
    }));
}
