import { QUEUE_SCHEMA } from "@oroboros/slot-contract";
import { Client } from "pg";

/**
 * Makes BullMQ's schema in the control database, and lets the roles use it. The roles need no CREATE: only the owner migrates.
 * Safe to repeat, and with several callers at once.
 */
export async function installQueueSchema(ownerDatabaseUrl: string, grantTo: readonly string[]): Promise<void> {
  const { runMigrations } = await import("./connect-bullmq.ts");
  const client = new Client({ connectionString: ownerDatabaseUrl });
  await client.connect();
  try {
    await runMigrations(client, QUEUE_SCHEMA);
    // Held until the client ends: two GRANTs on one table at the same time fail with "tuple concurrently updated".
    await client.query("select pg_advisory_lock(hashtext('oroboros_queue_grants'))");
    const schema = client.escapeIdentifier(QUEUE_SCHEMA);
    for (const role of grantTo.map((name) => client.escapeIdentifier(name))) {
      await client.query(`grant usage on schema ${schema} to ${role}`);
      await client.query(`grant select, insert, update, delete on all tables in schema ${schema} to ${role}`);
      await client.query(`grant usage, select on all sequences in schema ${schema} to ${role}`);
      await client.query(`grant execute on all functions in schema ${schema} to ${role}`);
    }
  } finally {
    await client.end();
  }
}
