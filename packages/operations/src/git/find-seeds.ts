import { SEED_VERSION } from "@oroboros/slot-contract";
import { entriesBelow } from "./entries-below.ts";
import type { TreeEntry } from "./source-reader.ts";

/** Where the documents keep seeds: `<version>.sql` below it needs no line in the manifest. */
export const SEEDS_DIRECTORY = "infra/db/preview/seeds";
const SUFFIX = ".sql";
/** What git calls a file that is no symbolic link: a link's content is where it leads, and no SQL. */
const REGULAR = /^100/;

/** A version, and the file of the application that holds it. */
export type SeedFile = Readonly<{ version: string; path: string }>;

/**
 * The seeds of a commit, the one to use by default last: what the manifest declares, in its order, after the files of the documents'
 * directory that it does not name, in the order of their numbers.
 */
export function findSeeds(tree: readonly TreeEntry[], declared: Readonly<Record<string, string>>): SeedFile[] {
  const conventional = entriesBelow(tree, SEEDS_DIRECTORY)
    .filter(({ name, mode }) => name.endsWith(SUFFIX) && REGULAR.test(mode))
    .map(({ name, path }) => ({ version: name.slice(0, -SUFFIX.length), path }))
    .filter(({ version }) => SEED_VERSION.test(version) && !Object.hasOwn(declared, version))
    .toSorted((a, b) => a.version.localeCompare(b.version, "en", { numeric: true }));
  return [...conventional, ...Object.entries(declared).map(([version, path]) => ({ version, path }))];
}
