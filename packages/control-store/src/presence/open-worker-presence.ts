import { randomInt } from "node:crypto";
import { Client } from "pg";
import { PRESENCE_CLASS } from "./has-no-worker.ts";

const RECONNECT_MS = { first: 100, most: 5_000 };
const CONNECTION_TIMEOUT_MS = 5_000;
/** PostgreSQL's largest integer. */
const LARGEST_ID = 2 ** 31 - 1;

export interface WorkerPresence {
  /** What the leases that the worker works under name. */
  readonly workerId: number;
  close(): Promise<void>;
}

/**
 * Tells everybody that this worker lives: an advisory lock on a connection of its own, which the server takes back the moment the
 * process dies, however it dies. A connection that can not be made, or is lost, is tried again under the same id: after 100 ms, then
 * twice as long each time, at most 5 s. `onError` is told once of each outage.
 */
export async function openWorkerPresence(options: {
  databaseUrl: string;
  onError: (error: unknown) => void;
}): Promise<WorkerPresence> {
  const workerId = randomInt(1, LARGEST_ID);
  let isClosed = false;
  let isOut = false;
  let waitMs = RECONNECT_MS.first;
  let session = await openOrWait();
  const staying = stay();
  return {
    workerId,
    close: async () => {
      isClosed = true;
      await session.end();
      await staying;
    },
  };

  async function stay(): Promise<void> {
    while (!isClosed) {
      await session.ended;
      if (isClosed) return;
      session = await openOrWait();
      if (isClosed) await session.end();
    }
  }

  async function openOrWait(): Promise<Session> {
    try {
      const opened = await openSession({ ...options, onError: tellOnce }, workerId);
      isOut = false;
      waitMs = RECONNECT_MS.first;
      return opened;
    } catch (error) {
      tellOnce(error);
      const pause = pauseFor(waitMs);
      waitMs = Math.min(waitMs * 2, RECONNECT_MS.most);
      return pause;
    }
  }

  function tellOnce(error: unknown): void {
    if (!isOut) options.onError(error);
    isOut = true;
  }
}

interface Session {
  /** Resolves once the connection is gone, and with it the lock; or once it is time to try again. */
  ended: Promise<void>;
  end(): Promise<void>;
}

function pauseFor(ms: number): Session {
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  const end = async (): Promise<void> => {
    clearTimeout(timer);
    resolve();
  };
  return { ended, end };
}

async function openSession(
  { databaseUrl, onError }: { databaseUrl: string; onError: (error: unknown) => void },
  workerId: number,
): Promise<Session> {
  const client = new Client({
    connectionString: databaseUrl,
    connectionTimeoutMillis: CONNECTION_TIMEOUT_MS,
    keepAlive: true,
  });
  client.on("error", onError);
  const ended = new Promise<void>((resolve) => client.once("end", () => resolve()));
  try {
    await client.connect();
    const { rows } = await client.query<{ held: boolean }>("select pg_try_advisory_lock($1::int, $2::int) as held", [
      PRESENCE_CLASS,
      workerId,
    ]);
    if (rows[0]?.held !== true)
      throw new Error(`the presence of worker ${workerId} is still held by another connection`);
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
  return { ended, end: () => client.end() };
}
