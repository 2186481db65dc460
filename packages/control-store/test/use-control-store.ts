import { slotIds, type SlotId } from "@oroboros/slot-contract";
import { eventually } from "@oroboros/test-support";
import { usePostgres } from "@oroboros/test-support/use-postgres";
import { sql, type RawBuilder } from "kysely";
import { afterAll, beforeEach } from "vitest";
import { provisionSlots } from "../src/leases/provision-slots.ts";
import { migrateControlStore } from "../src/migrate-control-store.ts";
import { openControlStore } from "../src/open-control-store.ts";
import { createRun } from "../src/runs/create-run.ts";
import type { Run } from "../src/runs/run.ts";
import type { Store } from "../src/schema.ts";

const MIGRATIONS = new Set(["kysely_migration", "kysely_migration_lock"]);

export interface TestControlStore {
  readonly db: Store;
  readonly url: string;
  readonly slots: readonly SlotId[];
  queueRun(title?: string): Promise<Run>;
  /** Moves a slot's expiry by so many seconds from now, instead of waiting for it. */
  expireIn(slot: SlotId, seconds: number): Promise<void>;
  /** Until a connection of this database, or so many, stand at a lock. */
  someoneWaits(connections?: number): Promise<void>;
}

/**
 * An empty, migrated control database for each test of the calling file.
 *
 * @param options.migrateAnew for each test, not once for all of them: for tests that change tables or triggers.
 */
export function useControlStore({ slotCount = 3, migrateAnew = false } = {}): TestControlStore {
  const database = usePostgres();
  const control = openControlStore({ databaseUrl: database.url, maxConnections: 25, onError: () => undefined });
  const slots = slotIds({ slotCount });
  const { db } = control;
  afterAll(() => control.close());
  let empty: RawBuilder<unknown> | undefined;
  beforeEach(async () => {
    if (empty === undefined) await migrateFromNothing(db);
    else await empty.execute(db);
    if (!migrateAnew) empty ??= await emptying(db);
    await provisionSlots(db, slots);
  });
  return {
    db,
    url: database.url,
    slots,
    queueRun: (title = "a run") =>
      createRun(db, { title, prompt: "do it", branch: "main", commitSha: null, createdBy: "ada" }),
    expireIn: async (slot, seconds) => {
      await sql`update slot_leases set expires_at = clock_timestamp() + make_interval(secs => ${seconds})
        where slot_id = ${slot}`.execute(db);
    },
    someoneWaits: async (connections = 1) => {
      const waiting = sql`select from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`;
      await eventually(async () => (await waiting.execute(db)).rows.length >= connections, { deadlineMs: 25_000 });
    },
  };
}

async function migrateFromNothing(db: Store): Promise<void> {
  await sql`drop schema public cascade`.execute(db);
  await sql`create schema public`.execute(db);
  await migrateControlStore(db);
}

/**
 * One query that empties all tables but the migrations' own and begins every sequence again. What happened is protected against it by
 * triggers, which a replica leaves out. Deleted and not truncated: a truncated table is a new file, for each of its indexes as well.
 */
async function emptying(db: Store): Promise<RawBuilder<unknown>> {
  const tables = (await db.introspection.getTables()).filter(({ name }) => !MIGRATIONS.has(name));
  const { rows: sequences } = await sql<{ name: string }>`
    select format('%I', sequencename) as name from pg_sequences where schemaname = 'public'`.execute(db);
  return sql.raw(
    [
      "begin",
      "set local session_replication_role = replica",
      ...tables.map(({ name }) => `delete from "${name}"`),
      ...sequences.map(({ name }) => `alter sequence ${name} restart`),
      "commit",
    ].join(";"),
  );
}
