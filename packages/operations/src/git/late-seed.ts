import type { SeedSource } from "@oroboros/db-safety";
import type { AppManifest, CommitSha } from "@oroboros/slot-contract";
import { findSeeds } from "./find-seeds.ts";
import { readFileAt } from "./read-source.ts";
import type { SourceReader } from "./source-reader.ts";

/**
 * A seed that is loaded after a commit's own migrations: main says which version, and the commit, where it has that one as well, what
 * stands in it. Main's text is for main's tables, and a column that a branch renames would keep it from ever being looked at.
 */
export async function lateSeedOf(
  source: SourceReader,
  { commitSha, manifest }: { commitSha: CommitSha; manifest: AppManifest },
  seed: SeedSource | null,
): Promise<SeedSource | null> {
  if (seed === null) return null;
  const own = findSeeds(await source.listTree(commitSha), manifest.database.seeds);
  const path = own.find(({ version }) => version === seed.version)?.path;
  return path === undefined ? seed : { version: seed.version, sql: await readFileAt(source, commitSha, path) };
}
