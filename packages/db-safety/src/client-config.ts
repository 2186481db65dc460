import type { ClientConfig } from "pg";
import { boundedSocket } from "./bounded-socket.ts";
import type { SessionTarget } from "./session.ts";

const CONNECT_TIMEOUT_MS = 10_000;
const STATEMENT_TIMEOUT_MS = 300_000;
const LOCK_TIMEOUT_MS = 60_000;

/** Every field is given, because the driver fills any gap from `PG*` variables; `options` also displaces `PGOPTIONS`. */
export function clientConfig(target: SessionTarget): ClientConfig & { replication: string; sslnegotiation: string } {
  const settings = {
    search_path: target.searchPath,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    lock_timeout: LOCK_TIMEOUT_MS,
  };
  return {
    host: target.host,
    port: target.port,
    user: target.login,
    password: target.password,
    database: target.database,
    ssl: false,
    sslnegotiation: "postgres",
    replication: "false",
    client_encoding: "UTF8",
    application_name: "oroboros",
    options: Object.entries(settings)
      .map(([name, value]) => `-c ${name}=${value}`)
      .join(" "),
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    stream: () => boundedSocket(),
    // The server's limit is a setting that a branch's SQL can undo; this one it can not.
    query_timeout: STATEMENT_TIMEOUT_MS + CONNECT_TIMEOUT_MS,
  };
}
