import { API_ROLE, WORKER_ROLE } from "@oroboros/slot-contract";
import { sql } from "kysely";
import { Migrator } from "kysely/migration";
import { migrations } from "./migrations/index.ts";
import type { Store } from "./schema.ts";

/** Tables the runtime's roles may write; nobody may delete a run, an event or a reset. */
const GRANTS = {
  [API_ROLE]: [
    "select on all tables in schema public",
    "insert on runs, run_events, publish_attempts, run_approvals",
    "insert (principal, action, run_id, slot_id, detail) on audit_log",
    "update on runs, slot_leases, publish_attempts",
    "insert, update, delete on idempotency_keys",
  ],
  [WORKER_ROLE]: [
    "select on all tables in schema public",
    "insert, update, delete on db_snapshots",
    "insert on db_snapshot_templates",
    "insert on migration_findings, runs, run_events, run_artifacts, publish_attempts, slot_worktree_bindings, idle_slots, preview_db_resets, api_tokens, run_approvals",
    "insert (principal, action, run_id, slot_id, detail) on audit_log",
    "update on runs, slot_leases, run_artifacts, publish_attempts, slot_worktree_bindings, idle_slots",
    "update (revoked_at) on api_tokens",
    "delete on slot_worktree_bindings, idle_slots",
  ],
} as const;

/**
 * Brings the control database to this version's tables. Safe to repeat, and with several callers at once.
 *
 * @param options.owner role that owns the tables, assumed with `SET ROLE`; no run-time role, because whoever owns the lease table
 *   decides what a lease is.
 */
export async function migrateControlStore(
  store: Store,
  options: { owner?: string } = {},
): Promise<{ applied: string[] }> {
  return store.connection().execute(async (connection) => {
    if (options.owner !== undefined) await sql`set role ${sql.id(options.owner)}`.execute(connection);
    const migrator = new Migrator({ db: connection, provider: { getMigrations: () => Promise.resolve(migrations) } });
    const { error, results } = await migrator.migrateToLatest();
    if (error !== undefined) {
      const reason = error instanceof Error ? error.message : "unknown";
      throw new Error(`The control database could not be migrated: ${reason}`, { cause: error });
    }
    await grantToExistingRoles(connection);
    await sql`reset role`.execute(connection);
    const applied = (results ?? []).filter(({ status }) => status === "Success");
    return { applied: applied.map(({ migrationName }) => migrationName) };
  });
}

async function grantToExistingRoles(store: Store): Promise<void> {
  await store.transaction().execute(async (tx) => {
    // Two GRANTs on one table at the same time fail with "tuple concurrently updated".
    await sql`select pg_advisory_xact_lock(hashtext('oroboros_control_grants'))`.execute(tx);
    for (const [role, grants] of Object.entries(GRANTS)) {
      const { rows } = await sql`select 1 from pg_roles where rolname = ${role}`.execute(tx);
      if (rows.length === 0) continue;
      for (const grant of grants) await sql`grant ${sql.raw(grant)} to ${sql.id(role)}`.execute(tx);
    }
  });
}
