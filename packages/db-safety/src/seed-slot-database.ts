import { OperatorError, RUNTIME_SCHEMA, type RunId } from "@oroboros/slot-contract";
import { sql } from "kysely";
import { DatabaseError } from "pg";
import { runSqlFile } from "./run-sql-file.ts";
import type { Session } from "./session.ts";
import { openAsSlot } from "./sessions.ts";
import type { SlotAccess } from "./slot-access.ts";
import type { SeedSource } from "./template-source.ts";
import { untilStopped, type Stop } from "./until-stopped.ts";

const UNDEFINED_TABLE = "42P01";

type SeedRequest = Readonly<{ seed: SeedSource; runId: RunId | null }>;

/**
 * Loads a seed into a migrated, empty slot database, as the slot's role and in one transaction. `runId` is the run that
 * holds the slot, for the commands that the hints name.
 *
 * @throws OperatorError `database_not_empty` naming a table with rows; `seed_failed`. The signal's reason where `stop` came first.
 */
export async function seedSlotDatabase(access: SlotAccess, request: SeedRequest & { stop?: Stop }): Promise<void> {
  await using session = await openAsSlot(access);
  const target = targetOf(access, request.runId);
  const filled = await refuseFilled(session, access, request);
  if (filled !== undefined) throw filled;
  try {
    await untilStopped(session, request.stop, () => runSeed(session, request.seed));
  } catch (error) {
    throw lacksTable(error) ? notMigrated(error, target) : error;
  }
}

/** What {@link seedSlotDatabase} would refuse a database for as it is now. */
export async function refusedSeed(access: SlotAccess, request: SeedRequest): Promise<OperatorError | undefined> {
  await using session = await openAsSlot(access);
  return await refuseFilled(session, access, request);
}

async function refuseFilled(
  session: Session,
  access: SlotAccess,
  { seed, runId }: SeedRequest,
): Promise<OperatorError | undefined> {
  const filled = await findTableWithRows(session);
  if (filled === undefined) return undefined;
  return new OperatorError("database_not_empty", `${access.permit.database} already has rows in ${filled}.`, {
    hint: `Start over with: oroboros db reset-and-seed ${targetOf(access, runId)} --seed-version ${seed.version}`,
  });
}

const targetOf = ({ permit }: SlotAccess, runId: RunId | null): string =>
  `--slot ${permit.slot}${runId === null ? "" : ` --run-id ${runId}`}`;

const lacksTable = (error: unknown): error is OperatorError =>
  error instanceof OperatorError && error.cause instanceof DatabaseError && error.cause.code === UNDEFINED_TABLE;

function notMigrated({ code, message, cause }: OperatorError, target: string): OperatorError {
  const hint = `Make the tables first with: oroboros db migrate ${target}. If one is still missing, correct the seed on main.`;
  return new OperatorError(code, message, { hint, cause });
}

/** @param beforeCommit the last thing in its transaction. */
export async function runSeed(
  session: Session,
  seed: SeedSource,
  beforeCommit: () => Promise<void> = async () => undefined,
): Promise<void> {
  await runSqlFile(session, { name: `Seed ${seed.version}`, sql: seed.sql, failure: "seed_failed" }, beforeCommit);
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
