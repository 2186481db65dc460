import { OperatorError, RUNTIME_SCHEMA } from "@oroboros/slot-contract";
import { sql } from "kysely";
import { ensureRuntimeSchema } from "./runtime-schema.ts";
import { runSqlFile } from "./run-sql-file.ts";
import type { Session } from "./session.ts";
import { sha256, type SqlFile } from "./template-source.ts";

const TABLE = sql.id(RUNTIME_SCHEMA, "schema_migrations");
/** The table is the branch's to fill, or to put another in its place: more than this is not ours, and is not read. */
const MOST_APPLIED = 20_000;
const NAME_LENGTH = 1_000;
const CHECKSUM_LENGTH = 64;

/**
 * Applies what is pending, each file in a transaction of its own; a second caller waits for the first.
 *
 * @param beforeCommit the last thing in each of them.
 * @throws OperatorError `migration_failed`; the files before the failed one stay applied.
 */
export async function applyMigrations(
  session: Session,
  files: readonly SqlFile[],
  beforeCommit: () => Promise<void> = async () => undefined,
): Promise<string[]> {
  await session.run(sql`select pg_catalog.pg_advisory_lock(pg_catalog.hashtextextended('oroboros:migrate', 0))`);
  await ensureRuntimeSchema(session);
  const pending = await pendingMigrations(session, files);
  for (const file of pending) {
    await runSqlFile(session, { ...file, failure: "migration_failed" }, async () => {
      await session.run(sql`insert into ${TABLE} (name, checksum) values (${file.name}, ${sha256(file.sql)})`);
      await beforeCommit();
    });
  }
  return pending.map((file) => file.name);
}

/**
 * What {@link applyMigrations} would apply.
 *
 * @throws OperatorError `migration_failed` where a file has changed since it was applied.
 */
export async function pendingMigrations(session: Session, files: readonly SqlFile[]): Promise<SqlFile[]> {
  const applied = await appliedChecksums(session);
  for (const file of files) {
    const checksum = applied.get(file.name);
    if (checksum === undefined || checksum === sha256(file.sql)) continue;
    throw new OperatorError(
      "migration_failed",
      `${file.name} was applied with other contents than the branch has now.`,
      {
        hint: `Restore ${file.name} and write the change as a new migration.`,
      },
    );
  }
  return files.filter((file) => !applied.has(file.name));
}

/** The checksums of the files that were applied, by their names. */
export type AppliedMigrations = ReadonlyMap<string, string>;

export async function appliedChecksums(session: Session): Promise<AppliedMigrations> {
  const [table] = await session.run(
    sql<{
      exists: boolean;
    }>`select pg_catalog.to_regclass(${`${RUNTIME_SCHEMA}.schema_migrations`}) is not null as exists`,
  );
  if (table?.exists !== true) return new Map();
  const rows = await session.run(sql<{ name: string; checksum: string }>`
    select pg_catalog."left"(name, ${NAME_LENGTH}) as name, pg_catalog."left"(checksum, ${CHECKSUM_LENGTH}) as checksum
    from ${TABLE} limit ${MOST_APPLIED}`);
  return new Map(rows.map((row) => [row.name, row.checksum]));
}
