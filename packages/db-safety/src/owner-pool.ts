import { sql, type RawBuilder } from "kysely";
import type { Connection, Session } from "./session.ts";
import type { SlotServer } from "./slot-server.ts";

const MOST_PARKED = 2;
/** A worker that does nothing leaves the server its connections. */
const PARKED_MS = 60_000;

/** The worker's verified connections to its own database that nobody uses just now. */
const parked = new WeakMap<SlotServer, Connection[]>();

/**
 * A session of the worker, on a connection that is open already where there is one: to open it, and to ask it who answers, is a third of
 * a reset. What one user has set, locked or begun the next one does not meet, and a process is not kept alive by one that is parked.
 */
export async function borrowOwner(server: SlotServer, open: () => Promise<Connection>): Promise<Session> {
  const free = parked.get(server) ?? [];
  parked.set(server, free);
  for (let connection = free.pop(); connection !== undefined; connection = free.pop()) {
    if (connection.isOpen()) return lend(free, connection.keepProcessAlive(true));
  }
  return lend(free, await open());
}

function lend(free: Connection[], connection: Connection): Session {
  let running = 0;
  let isGivenBack = false;
  const run = async <Row>(statement: RawBuilder<Row>): Promise<Row[]> => {
    running += 1;
    try {
      return await connection.run(statement);
    } finally {
      running -= 1;
    }
  };
  return {
    ...connection,
    run,
    [Symbol.asyncDispose]: async () => {
      if (isGivenBack) return;
      isGivenBack = true;
      // Somebody gives up what it is in the middle of.
      if (running > 0 || !(await isCleared(connection))) return connection[Symbol.asyncDispose]();
      await park(free, connection);
    },
  };
}

/** Refused inside a transaction that nobody has ended. See https://www.postgresql.org/docs/current/sql-discard.html */
async function isCleared(connection: Connection): Promise<boolean> {
  try {
    await connection.run(sql`discard all`);
    return connection.isOpen();
  } catch {
    return false;
  }
}

async function park(free: Connection[], connection: Connection): Promise<void> {
  if (free.length >= MOST_PARKED) return connection[Symbol.asyncDispose]();
  free.push(connection.keepProcessAlive(false));
  const leave = setTimeout(() => {
    const index = free.indexOf(connection);
    if (index === -1) return;
    free.splice(index, 1);
    void Promise.allSettled([connection[Symbol.asyncDispose]()]);
  }, PARKED_MS);
  leave.unref();
}
