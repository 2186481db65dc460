import { Kysely, PostgresDialect } from "kysely";
import { Pool } from "pg";
import { RENEW_LEASE } from "./leases/renew-lease.ts";
import { preparedPool } from "./prepared-pool.ts";
import type { ControlSchema, Store } from "./schema.ts";

const CONNECTION_TIMEOUT_MS = 10_000;
const IDLE_TIMEOUT_MS = 30_000;
const DEFAULT_CONNECTIONS = 5;

/** Opens a pool to `builder_control`. A connection that dies while idle is reported and replaced. */
export function openControlStore(options: {
  databaseUrl: string;
  maxConnections?: number;
  onError: (error: unknown) => void;
}): { db: Store; close(): Promise<void> } {
  const pool = new Pool({
    connectionString: options.databaseUrl,
    max: options.maxConnections ?? DEFAULT_CONNECTIONS,
    connectionTimeoutMillis: CONNECTION_TIMEOUT_MS,
    idleTimeoutMillis: IDLE_TIMEOUT_MS,
  });
  pool.on("error", options.onError);
  const db = new Kysely<ControlSchema>({ dialect: new PostgresDialect({ pool: preparedPool(pool, [RENEW_LEASE]) }) });
  return { db, close: () => db.destroy() };
}
