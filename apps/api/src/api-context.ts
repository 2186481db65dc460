import type { Store } from "@oroboros/control-store";
import type { RunQueue } from "@oroboros/run-queue";
import type { Role, RuntimeContract } from "@oroboros/slot-contract";
import type { Hono } from "hono";

/** What the routes work with. */
export interface ApiContext {
  contract: RuntimeContract;
  store: Store;
  queue: RunQueue;
  log: { warn(fields: object, message: string): void; error(fields: object, message: string): void };
}

/** Who made a request, once {@link authenticate} has let it through. */
export interface Principal {
  label: string;
  role: Role;
}

export type Api = Hono<{ Variables: { principal: Principal } }>;
