import { eventually } from "@oroboros/test-support";
import { sql } from "kysely";
import type { Store } from "../src/schema.ts";

/** A server that was just started takes no worker for dead. */
export async function upForAWhile(db: Store): Promise<void> {
  const started = sql`select where pg_postmaster_start_time() < clock_timestamp() - interval '4 s'`;
  await eventually(async () => (await started.execute(db)).rows.length === 1, { deadlineMs: 25_000 });
}

/** Whether somebody says that this worker lives. */
export async function isPresent(db: Store, workerId: number): Promise<boolean> {
  const { rows } =
    await sql`select from pg_locks where locktype = 'advisory' and objid = ${workerId} and granted`.execute(db);
  return rows.length === 1;
}
