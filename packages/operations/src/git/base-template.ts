import type { SeedSource, TemplateSource } from "@oroboros/db-safety";
import { MAIN_BRANCH, OperatorError } from "@oroboros/slot-contract";
import { readFileAt, readManifest, readSqlFiles } from "./read-source.ts";
import { resolveCommit } from "./resolve-commit.ts";
import type { SourceReader } from "./source-reader.ts";

/** Which of main's seeds a database starts from: a declared version, the one declared last, or none. */
export type SeedChoice = { version: string } | "latest" | "none";

/**
 * What a slot's database starts from. Where main migrates by a command of its own, no template can hold its tables: it is empty, and
 * the seed comes after the migrations of whatever is published.
 */
export type BaseSource = TemplateSource & Readonly<{ isMigratedLater: boolean; lateSeed: SeedSource | null }>;

/** Main's migrations, then a seed of main's tree. */
export async function readBaseTemplate(source: SourceReader, choice: SeedChoice): Promise<BaseSource> {
  const main = await resolveCommit(source.repository, { branch: MAIN_BRANCH, commitSha: null });
  const { backend, database } = await readManifest(source, main);
  const seed = chooseSeed(database.seeds, choice);
  const [migrations, text] = await Promise.all([
    readSqlFiles(source, main, database.migrations),
    seed === undefined ? undefined : readFileAt(source, main, seed.path),
  ]);
  const chosen = seed === undefined || text === undefined ? null : { version: seed.version, sql: text };
  return backend.migrate === undefined
    ? { migrations, seed: chosen, isMigratedLater: false, lateSeed: null }
    : { migrations: [], seed: null, isMigratedLater: true, lateSeed: chosen };
}

function chooseSeed(seeds: Record<string, string>, choice: SeedChoice): { version: string; path: string } | undefined {
  if (choice === "none") return undefined;
  const version = choice === "latest" ? Object.keys(seeds).at(-1) : choice.version;
  if (version === undefined) return undefined;
  const path = seeds[version];
  if (path !== undefined) return { version, path };
  throw new OperatorError("seed_not_found", `The application on main declares no seed ${version}.`, {
    hint: `Use one of: ${Object.keys(seeds).join(", ") || "(none declared)"}.`,
  });
}
