import { OperatorError, RUNTIME_SCHEMA, type RunId } from "@oroboros/slot-contract";
import { sql } from "kysely";
import { DatabaseError } from "pg";
import { runSqlFile } from "./run-sql-file.ts";
import type { Session } from "./session.ts";
import { openAsSlot } from "./sessions.ts";
import type { SlotAccess } from "./slot-access.ts";
import type { SeedSource } from "./template-source.ts";

const UNDEFINED_TABLE = "42P01";

/**
 * Loads a seed into a migrated, empty slot database, as the slot's role and in one transaction. `runId` is the run that
 * holds the slot, for the commands that the hints name.
 *
 * @throws OperatorError `database_not_empty` naming a table with rows; `seed_failed`.
 */
export async function seedSlotDatabase(
  access: SlotAccess,
  request: { seed: SeedSource; runId: RunId | null },
): Promise<void> {
  const { permit } = access;
  await using session = await openAsSlot(access);
  const target = `--slot ${permit.slot}${request.runId === null ? "" : ` --run-id ${request.runId}`}`;
  const filled = await findTableWithRows(session);
  if (filled !== undefined) {
    throw new OperatorError("database_not_empty", `${permit.database} already has rows in ${filled}.`, {
      hint: `Start over with: oroboros db reset-and-seed ${target} --seed-version ${request.seed.version}`,
    });
  }
  try {
    await runSeed(session, request.seed);
  } catch (error) {
    throw lacksTable(error) ? notMigrated(error, target) : error;
  }
}

const lacksTable = (error: unknown): error is OperatorError =>
  error instanceof OperatorError && error.cause instanceof DatabaseError && error.cause.code === UNDEFINED_TABLE;

function notMigrated({ code, message, cause }: OperatorError, target: string): OperatorError {
  const hint = `Make the tables first with: oroboros db migrate ${target}. If one is still missing, correct the seed on main.`;
  return new OperatorError(code, message, { hint, cause });
}

export async function runSeed(session: Session, seed: SeedSource): Promise<void> {
  await runSqlFile(
    session,
    { name: `Seed ${seed.version}`, sql: seed.sql, failure: "seed_failed" },
    async () => undefined,
  );
}

async function findTableWithRows(session: Session): Promise<string | undefined> {
  const tables = await session.run(sql<{ schema: string; name: string }>`
    select n.nspname as schema, c.relname as name
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p') and n.nspname not in ('pg_catalog', 'information_schema', ${RUNTIME_SCHEMA})
    order by 1, 2`);
  for (const { schema, name } of tables) {
    const rows = await session.run(sql`select from ${sql.id(schema, name)} limit 1`);
    if (rows.length > 0) return `${schema}.${name}`;
  }
  return undefined;
}
