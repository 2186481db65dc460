import type { MainLockfile } from "../package-cache.ts";
import { removeTree } from "../remove-tree.ts";
import { chownTree, makeDirectory, type Owner } from "../stage.ts";
import { writeFileAtomic } from "../write-file-atomic.ts";

/** A store that is being filled, beside the ready ones. */
export type Filling = Readonly<{ directory: string; store: string; home: string; projects: readonly string[] }>;

/** pnpm's settings, which it would otherwise look for in the directories above. */
const WORKSPACE = "packages: []\n";
const DIRECTORY_PACKAGE = /\{directory: (?<path>[^,{}]+), type: directory\}/g;
const PLAIN_PATH = /^(?!\/)(?!.*(?:^|\/)\.\.?(?:\/|$))[^\0\\'"]+$/;

/**
 * Makes one project for each lockfile, with nothing in it but the lockfile: the application's scripts, hooks and settings stay
 * out. The directory itself belongs to whoever calls; what is in it, to the user that fills the store.
 */
export async function prepareFilling(
  directory: string,
  owner: Owner | undefined,
  lockfiles: readonly MainLockfile[],
): Promise<Filling> {
  await removeTree(directory);
  makeDirectory(directory, { mode: 0o755 });
  const projects = lockfiles.map((_lockfile, index) => `${directory}/project-${index}`);
  const [store, home] = [`${directory}/store`, `${directory}/home`];
  for (const path of [store, home, ...projects]) makeDirectory(path, { mode: 0o755 });
  for (const [index, { text }] of lockfiles.entries()) await writeProject(`${directory}/project-${index}`, text);
  if (owner !== undefined) for (const path of [store, home, ...projects]) chownTree(path, owner);
  return { directory, store, home, projects };
}

async function writeProject(project: string, lockfile: string): Promise<void> {
  await writeFileAtomic(`${project}/pnpm-lock.yaml`, lockfile);
  await writeFileAtomic(`${project}/pnpm-workspace.yaml`, WORKSPACE);
  // Packages that lie in the application itself are no packages of a store, but pnpm looks whether they are there.
  for (const path of directoryPackages(lockfile)) {
    makeDirectory(`${project}/${path}`, { mode: 0o755 });
    await writeFileAtomic(`${project}/${path}/package.json`, `{"name":"placeholder"}`);
  }
}

function directoryPackages(lockfile: string): string[] {
  const paths = [...lockfile.matchAll(DIRECTORY_PACKAGE)].map(({ groups }) => groups?.["path"] ?? "");
  return paths.map((path) => path.trim().replace(/^(['"])(.*)\1$/, "$2")).filter((path) => PLAIN_PATH.test(path));
}
