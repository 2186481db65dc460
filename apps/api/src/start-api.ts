import type { Server } from "node:http";
import { openControlStore, watchEvents } from "@oroboros/control-store";
import { openRunQueue, queueTransport } from "@oroboros/run-queue";
import { lightFetch, type Logger } from "@oroboros/service-kit";
import { type RuntimeContract } from "@oroboros/slot-contract";
import { contractOf, type ApiEnvironment } from "@oroboros/slot-contract/environments";
import { createApi } from "./create-api.ts";
import { openHttpServer } from "./open-http-server.ts";

/** A publish holds its slot while it copies files; requests about that slot must not take the connections of all the others. */
const LOCK_TIMEOUT_MS = 2_000;

/** Connects to what `api.env` names and makes the server, which does not listen yet. */
export function startApi(
  env: ApiEnvironment,
  log: Logger,
  closing: AbortSignal,
): { server: Server; contract: RuntimeContract; close(): Promise<void> } {
  const contract = contractOf(env);
  const onError = (error: unknown): void => log.error({ err: error }, "a connection failed");
  const control = openControlStore({ databaseUrl: env.DATABASE_URL, lockTimeoutMs: LOCK_TIMEOUT_MS, onError });
  const queue = openRunQueue(queueTransport(env), { onError });
  const events = watchEvents({ databaseUrl: env.DATABASE_URL, onError });
  const loopbackIdentity = env.OROBOROS_LOOPBACK_IDENTITY === "on";
  const store = control.db;
  const api = createApi({ contract, store, queue, events, closing, log, loopbackIdentity, fetch: lightFetch });
  return {
    server: openHttpServer(api.fetch),
    contract,
    close: async () => {
      await events.close();
      await queue.close();
      await control.close();
    },
  };
}
