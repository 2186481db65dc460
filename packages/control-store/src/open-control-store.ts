import { Kysely, PostgresDialect } from "kysely";
import { Pool } from "pg";
import { RENEW_LEASE } from "./leases/renew-lease.ts";
import { preparedPool } from "./prepared-pool.ts";
import type { ControlSchema, Store } from "./schema.ts";

const CONNECTION_TIMEOUT_MS = 10_000;
const IDLE_TIMEOUT_MS = 30_000;
const DEFAULT_CONNECTIONS = 5;
/** A process that hangs in the middle of a transaction keeps everybody from the rows it has locked for no longer than this. */
const IDLE_IN_TRANSACTION_MS = 10_000;

/** Opens a pool to `builder_control`. A connection that dies is reported and replaced; a transaction that was on it fails. */
export function openControlStore(options: {
  databaseUrl: string;
  maxConnections?: number;
  /** How long a statement may wait for what another session has locked; for ever where it is left out. */
  lockTimeoutMs?: number;
  onError: (error: unknown) => void;
}): { db: Store; close(): Promise<void> } {
  const pool = new Pool({
    connectionString: options.databaseUrl,
    max: options.maxConnections ?? DEFAULT_CONNECTIONS,
    connectionTimeoutMillis: CONNECTION_TIMEOUT_MS,
    idleTimeoutMillis: IDLE_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    lock_timeout: options.lockTimeoutMs,
  });
  // Of a connection that nobody uses; it has told so itself.
  pool.on("error", () => undefined);
  // Between two statements of a transaction nobody else listens, and the end of the connection would be that of the process.
  pool.on("connect", (client) => client.on("error", options.onError));
  const db = new Kysely<ControlSchema>({ dialect: new PostgresDialect({ pool: preparedPool(pool, [RENEW_LEASE]) }) });
  return { db, close: () => db.destroy() };
}
