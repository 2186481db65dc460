import { findMigrationFindings, keepMigrationFindings } from "@oroboros/control-store";
import type { SqlFile } from "@oroboros/db-safety";
import { contentHash } from "@oroboros/host";
import type { MigrationFindings } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";
import { readMigrations, type GuardContext, type MigrationRead } from "./read-migrations.ts";

/** Migrations whose text is known, and those of which it is not. */
export interface MigrationsToRead {
  files: readonly SqlFile[];
  unreadable: MigrationFindings["not_analysed"];
}

/** Bump when the guard finds more or other things, so that what was found before is not used again. */
const RULES = 1;
/** What a text can cost is a thousand times its size. */
const MAX_LENGTH = 512 * 1024;
const MAX_STATEMENTS = 200;
const MAX_NOT_ANALYSED = 100;

/** What migrations would destroy, in their order. Only contents that nobody has read yet are read, and what is found is kept. */
export async function findInMigrations(
  context: GuardContext & Pick<Context, "store">,
  { files, unreadable }: MigrationsToRead,
  signal?: AbortSignal,
): Promise<MigrationFindings> {
  const known = await readByContent(
    context,
    files.map(({ sql }) => sql),
    signal,
  );
  const read = files.map(({ name, sql }) => ({ name, ...(known.get(hashOf(sql)) ?? TOO_LARGE) }));
  const statements = read.flatMap(({ name, statements: found }) => found.map((each) => ({ file: name, ...each })));
  const notAnalysed = read.flatMap(({ name, notAnalysed: reason }) =>
    reason === null ? [] : [{ file: name, reason }],
  );
  return {
    statements: statements.slice(0, MAX_STATEMENTS),
    not_analysed: bounded([...unreadable, ...cut(statements), ...notAnalysed]),
  };
}

const hashOf = (sql: string): string => contentHash(`${RULES}\n${sql}`);

type Found = Pick<MigrationRead, "statements" | "notAnalysed">;
const TOO_LARGE: Found = { statements: [], notAnalysed: `it is larger than ${MAX_LENGTH / 1024} KiB` };

async function readByContent(
  context: GuardContext & Pick<Context, "store">,
  all: readonly string[],
  signal: AbortSignal | undefined,
): Promise<Map<string, Found>> {
  const texts = new Map(all.filter((sql) => sql.length <= MAX_LENGTH).map((sql) => [hashOf(sql), sql]));
  const before = await findMigrationFindings(context.store, [...texts.keys()]);
  const known = new Map<string, Found>(before.map((each) => [each.contentHash, each]));
  const unknown = [...texts].filter(([hash]) => !known.has(hash));
  const read = await readMigrations(
    context,
    unknown.map(([, sql]) => sql),
    signal,
  );
  const found = unknown.map(([hash], index) => ({ contentHash: hash, ...(read[index] ?? UNREAD) }));
  await keepMigrationFindings(
    context.store,
    found.filter(({ isFinal }) => isFinal),
  );
  for (const each of found) known.set(each.contentHash, each);
  return known;
}

const UNREAD: MigrationRead = { statements: [], notAnalysed: "it was not read", isFinal: false };

function cut(statements: readonly { file: string }[]): MigrationFindings["not_analysed"] {
  const first = statements[MAX_STATEMENTS];
  if (first === undefined) return [];
  return [
    { file: first.file, reason: `of ${statements.length} statements in all the first ${MAX_STATEMENTS} are shown` },
  ];
}

function bounded(notAnalysed: MigrationFindings["not_analysed"]): MigrationFindings["not_analysed"] {
  const rest = notAnalysed.slice(MAX_NOT_ANALYSED);
  const [next] = rest;
  if (next === undefined) return notAnalysed;
  const reason = `it and ${rest.length - 1} more could not be read`;
  return [...notAnalysed.slice(0, MAX_NOT_ANALYSED), { file: next.file, reason }];
}
