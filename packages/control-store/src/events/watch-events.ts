import type { RunId } from "@oroboros/slot-contract";
import { Client } from "pg";

const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 5_000;
/** Short, because it is tried again; and closing waits for a connection that is being made. */
const CONNECTION_TIMEOUT_MS = 2_000;

export interface EventWatch {
  /**
   * Calls `wake` when events of the run may have come: whenever one is committed, and each time the connection has been made
   * (again), because what was told meanwhile was told to nobody. Returns how to stop it.
   */
  subscribe(runId: RunId, wake: () => void): () => void;
  close(): Promise<void>;
}

/**
 * Hears of new events through one connection, however many subscribe. It is made for the first subscriber, and made again for as
 * long as it takes; `onError` is told why it had to be.
 */
export function watchEvents(options: { databaseUrl: string; onError: (error: unknown) => void }): EventWatch {
  const subscribers = new Map<RunId, Set<() => void>>();
  let client: Client | undefined;
  let retry: NodeJS.Timeout | undefined;
  let retryMs = FIRST_RETRY_MS;
  let isClosed = false;

  const wakeAll = (): void => {
    for (const wakes of subscribers.values()) for (const wake of wakes) wake();
  };

  function connect(): void {
    const connecting = new Client({
      connectionString: options.databaseUrl,
      connectionTimeoutMillis: CONNECTION_TIMEOUT_MS,
      keepAlive: true,
      application_name: "oroboros-events",
    });
    client = connecting;
    connecting.on("notification", ({ payload }) => {
      for (const wake of subscribers.get(payload as RunId) ?? []) wake();
    });
    connecting.on("error", (error) => lost(connecting, error));
    connecting.on("end", () => lost(connecting, new Error("the connection that hears of new events ended")));
    void listen(connecting).catch((error: unknown) => lost(connecting, error));
  }

  async function listen(connecting: Client): Promise<void> {
    await connecting.connect();
    await connecting.query("listen run_events");
    retryMs = FIRST_RETRY_MS;
    wakeAll();
  }

  /** Several signs of one loss are one loss. */
  function lost(gone: Client, error: unknown): void {
    if (client !== gone || isClosed) return;
    client = undefined;
    options.onError(error);
    void gone.end().catch(() => undefined);
    retry = setTimeout(connect, retryMs);
    retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
  }

  return {
    subscribe: (runId, wake) => {
      const wakes = subscribers.get(runId) ?? new Set();
      subscribers.set(runId, wakes.add(wake));
      if (client === undefined && retry === undefined && !isClosed) connect();
      return () => {
        wakes.delete(wake);
        if (wakes.size === 0 && subscribers.get(runId) === wakes) subscribers.delete(runId);
      };
    },
    close: async () => {
      isClosed = true;
      clearTimeout(retry);
      await client?.end().catch(() => undefined);
    },
  };
}
