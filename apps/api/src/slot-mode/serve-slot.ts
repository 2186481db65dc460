import type { Server } from "node:http";
import { createAdaptorServer } from "@hono/node-server";
import type { Logger } from "@oroboros/service-kit";
import { OperatorError } from "@oroboros/slot-contract";
import { createSlotHandlers, type SlotEnv } from "@oroboros/slot-contract/backend";
import { Pool } from "pg";
import { problemOf, problemResponse } from "../problem.ts";

/** Two may ask at once; connections of an idle slot are given back soon. */
const POOL = { max: 2, connectionTimeoutMillis: 5_000, idleTimeoutMillis: 10_000, allowExitOnIdle: true };

type Answer = (request: Request) => Promise<Response>;

/**
 * The api as the backend of its own slot: the endpoints that every previewed backend has, on the slot's own database, and nothing of
 * the control plane unless `others` answers the rest. The server does not listen yet.
 */
export function serveSlot(
  slot: SlotEnv,
  log: Logger,
  others: Answer = nothingElse,
): { server: Server; close(): Promise<void> } {
  const pool = new Pool({ ...POOL, connectionString: slot.databaseUrl });
  // A reset swaps the database away under the pool, which makes its next connection to the new one.
  pool.on("error", (error) => log.warn({ err: error }, "a connection to the slot's database was lost"));
  const handlers = createSlotHandlers(slot, (text, values) => pool.query(text, values));
  const answer: Answer = async (request) => {
    try {
      return (await handlers(request)) ?? (await others(request));
    } catch (error) {
      log.error({ err: error, method: request.method, url: request.url }, "a request failed");
      return problemResponse(problemOf(error));
    }
  };
  return {
    // The adaptor's type also covers HTTP/2, which it only makes when asked to.
    server: createAdaptorServer({ fetch: answer }) as Server,
    close: () => pool.end(),
  };
}

async function nothingElse(request: Request): Promise<Response> {
  const path = new URL(request.url).pathname;
  return problemResponse(
    new OperatorError("route_not_found", `Nothing answers ${request.method} ${path} in slot mode.`, {
      hint: "If no run holds this slot, publish one with: oroboros runs create --title <title> --branch <branch>",
    }),
  );
}
