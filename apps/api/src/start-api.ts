import type { Server } from "node:http";
import { createAdaptorServer } from "@hono/node-server";
import { openControlStore } from "@oroboros/control-store";
import { openRunQueue, queueTransport } from "@oroboros/run-queue";
import type { Logger } from "@oroboros/service-kit";
import { contractOf, type ApiEnvironment, type RuntimeContract } from "@oroboros/slot-contract";
import { createApi } from "./create-api.ts";

/** Connects to what `api.env` names and makes the server, which does not listen yet. */
export function startApi(
  env: ApiEnvironment,
  log: Logger,
): { server: Server; contract: RuntimeContract; close(): Promise<void> } {
  const contract = contractOf(env);
  const onError = (error: unknown): void => log.error({ err: error }, "a connection failed");
  const control = openControlStore({ databaseUrl: env.DATABASE_URL, onError });
  const queue = openRunQueue(queueTransport(env), { onError });
  const api = createApi({ contract, store: control.db, queue, log });
  return {
    // The adaptor's type also covers HTTP/2, which it only makes when asked to.
    server: createAdaptorServer({ fetch: api.fetch }) as Server,
    contract,
    close: async () => {
      await queue.close();
      await control.close();
    },
  };
}
