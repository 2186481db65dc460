import {
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type RawBuilder,
} from "kysely";
import { Client, Query } from "pg";
import type { RunId, SlotId } from "@oroboros/slot-contract";
import { clientConfig } from "./client-config.ts";
import { verifyIdentity } from "./live-identity.ts";
import { loginFailure } from "./login-failure.ts";
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
    throw loginFailure(target, error);
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
