import type { Store } from "@oroboros/control-store";
import type { RunQueue } from "@oroboros/run-queue";
import type { RuntimeContract } from "@oroboros/slot-contract";
import type { Hono } from "hono";
import type { ApiEnv } from "./acting.ts";

/** What the routes work with. */
export interface ApiContext {
  contract: RuntimeContract;
  store: Store;
  queue: RunQueue;
  log: { warn(fields: object, message: string): void; error(fields: object, message: string): void };
}

export type Api = Hono<ApiEnv>;
