import {
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type RawBuilder,
} from "kysely";
import { Client, DatabaseError, Query, type ClientConfig } from "pg";
import { OperatorError, type RunId, type SlotId } from "@oroboros/slot-contract";
import { boundedSocket } from "./bounded-socket.ts";
import { verifyIdentity } from "./live-identity.ts";
import { shortError } from "./short-error.ts";
import type { SlotIdentity } from "./slot-access.ts";

export type SessionTarget = Readonly<{
  host: string;
  port: number;
  database: string;
  login: string;
  password: string;
  searchPath: "public" | "pg_catalog";
  /** Which server has to answer; null where that is what the session finds out. */
  systemIdentifier: string | null;
  /** Null where the session is in no slot's live database. */
  slot: SlotTarget | null;
}>;

/** What a session in a slot's live database has to meet there. */
export type SlotTarget = Readonly<{
  slot: SlotId;
  /** Which the login acts as: what it makes is that one's, whoever logs in next. */
  role: string;
  identity: SlotIdentity;
  /** The run whose state the database must hold: a session stays in its database, also once another takes its place. */
  markedRun?: RunId | undefined;
}>;

/** One verified connection. */
export type Session = AsyncDisposable & {
  /** What the server knows it by; nothing that is sent through it can change these. */
  readonly backend: Readonly<{ processId: number; database: string; login: string }>;
  /** Of the server that answered. */
  readonly systemIdentifier: string;
  run<Row>(statement: RawBuilder<Row>): Promise<Row[]>;
  /** Sends foreign SQL as it is, by the simple protocol: several statements, no client-side commands. Its rows are let go by. */
  script(text: string): Promise<void>;
};

/** A session and the connection that it is. */
export type Connection = Session & {
  /** Whether the server has neither ended it nor gone. */
  isOpen(): boolean;
  /** Whether the process waits for it, also while nobody asks it anything. */
  keepProcessAlive(does: boolean): Connection;
};

const CONNECT_TIMEOUT_MS = 10_000;
const STATEMENT_TIMEOUT_MS = 300_000;
const LOCK_TIMEOUT_MS = 60_000;
/** See https://www.postgresql.org/docs/current/errcodes-appendix.html: the role may not log in, or pg_hba.conf refuses it. */
const INVALID_AUTHORIZATION = "28000";

const compiler = new Kysely<unknown>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
});

/**
 * Connects, and asks the server who answered before anything else is sent.
 *
 * @throws OperatorError `unreachable`, `stale_lease`, `identity_mismatch`, `not_marked` or `role_mismatch`.
 */
export async function openSession(target: SessionTarget): Promise<Connection> {
  const client = new Client(clientConfig(target));
  // A connection that dies while idle is reported here; the next statement rejects with the same error.
  client.on("error", () => undefined);
  await client.connect().catch((error: unknown) => {
    throw refusedLogin(target, error) ?? unreachable(target, error);
  });
  const session = sessionOn(client, target);
  try {
    return connectionOf(client, { ...session, systemIdentifier: await verifyIdentity(session, target) });
  } catch (error) {
    await client.end();
    throw error;
  }
}

/** The driver has both, and its types leave them out. */
type ProcessHolder = { ref(): void; unref(): void };

function connectionOf(client: Client, session: Session): Connection {
  const holder = client as Client & ProcessHolder;
  let isOpen = true;
  client.once("end", () => (isOpen = false));
  const connection: Connection = {
    ...session,
    isOpen: () => isOpen,
    keepProcessAlive: (does) => {
      if (does) holder.ref();
      else holder.unref();
      return connection;
    },
  };
  return connection;
}

function sessionOn(client: Client, target: SessionTarget): Omit<Session, "systemIdentifier"> {
  return {
    backend: { processId: processIdOf(client), database: target.database, login: target.login },
    run: async <Row>(statement: RawBuilder<Row>): Promise<Row[]> => {
      const { sql, parameters } = statement.compile(compiler);
      try {
        return (await client.query(sql, [...parameters])).rows as Row[];
      } catch (error) {
        throw shortError(error);
      }
    },
    script: (text) => runWithoutRows(client, text),
    [Symbol.asyncDispose]: () => client.end(),
  };
}

/** What the driver does with a query, but for keeping its rows: a branch's SQL may select more than this process can hold. */
function runWithoutRows(client: Client, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const query = new Query(text, (error?: Error | null) => (error ? reject(shortError(error)) : resolve()));
    client.query(Object.assign(query, { handleDataRow: () => undefined }));
  });
}

/** Sent by the server with every login; the driver's types leave it out. */
function processIdOf(client: Client & { processID?: number | null }): number {
  if (typeof client.processID !== "number") throw new Error("the server did not name its process");
  return client.processID;
}

/** Every field is given, because the driver fills any gap from `PG*` variables; `options` also displaces `PGOPTIONS`. */
function clientConfig(target: SessionTarget): ClientConfig & { replication: string; sslnegotiation: string } {
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

/** A slot's login is locked out when the slot is cleaned, and by the next grant's. */
function refusedLogin({ slot, login, database }: SessionTarget, error: unknown): OperatorError | undefined {
  if (slot === null || !(error instanceof DatabaseError) || error.code !== INVALID_AUTHORIZATION) return undefined;
  return new OperatorError("stale_lease", `${login} is not let in to ${database} any more.`, {
    hint: `See who holds the slot with: oroboros slots list; give it a fresh database with: oroboros db reset --slot ${slot.slot}`,
    cause: error,
  });
}

function unreachable({ host, port, database, login }: SessionTarget, error: unknown): OperatorError {
  return new OperatorError("unreachable", `Could not connect to ${database} as ${login}: ${reasonOf(error)}.`, {
    hint: `Check that PostgreSQL answers on ${host}:${port} and that the installation was provisioned.`,
    cause: error,
  });
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
