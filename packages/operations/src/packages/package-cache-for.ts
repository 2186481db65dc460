import { readyPackageStores } from "@oroboros/host";
import type { Context } from "../context.ts";
import type { TreeEntry } from "../git/source-reader.ts";
import { lockfileOf } from "./lockfile-of.ts";

/**
 * The store that covers an install in `directory` of a commit: one that was filled from a lockfile of main's with the very same
 * content. Null where there is none, and the install fetches for itself.
 */
export function packageCacheFor(
  { contract }: Pick<Context, "contract">,
  { tree, directory }: { tree: readonly TreeEntry[]; directory: string },
): string | null {
  const lockfile = lockfileOf(tree, directory);
  if (lockfile === undefined) return null;
  return readyPackageStores(contract).find(({ lockfiles }) => lockfiles.includes(lockfile.oid))?.store ?? null;
}
