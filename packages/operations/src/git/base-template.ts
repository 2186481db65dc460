import type { SeedSource, TemplateSource } from "@oroboros/db-safety";
import { MAIN_BRANCH, OperatorError } from "@oroboros/slot-contract";
import { findSeeds, SEEDS_DIRECTORY, type SeedFile } from "./find-seeds.ts";
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
  const seed =
    choice === "none" ? undefined : chooseSeed(findSeeds(await source.listTree(main), database.seeds), choice);
  const [migrations, text] = await Promise.all([
    readSqlFiles(source, main, database.migrations),
    seed === undefined ? undefined : readFileAt(source, main, seed.path),
  ]);
  const chosen = seed === undefined || text === undefined ? null : { version: seed.version, sql: text };
  return backend.migrate === undefined
    ? { migrations, seed: chosen, isMigratedLater: false, lateSeed: null }
    : { migrations: [], seed: null, isMigratedLater: true, lateSeed: chosen };
}

function chooseSeed(seeds: readonly SeedFile[], choice: Exclude<SeedChoice, "none">): SeedFile | undefined {
  if (choice === "latest") return seeds.at(-1);
  const seed = seeds.find(({ version }) => version === choice.version);
  if (seed !== undefined) return seed;
  const known = seeds.map(({ version }) => version).join(", ");
  throw new OperatorError("seed_not_found", `The application on main has no seed ${choice.version}.`, {
    hint: `Use one of: ${known || "(none)"}; or add ${SEEDS_DIRECTORY}/${choice.version}.sql on main.`,
  });
}
