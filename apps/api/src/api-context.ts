import type { EventWatch, Store } from "@oroboros/control-store";
import type { DiskRoom } from "@oroboros/host/read-only";
import type { RunQueue } from "@oroboros/run-queue";
import type { RuntimeContract } from "@oroboros/slot-contract";
import type { Hono } from "hono";
import type { ApiEnv } from "./acting.ts";
import type { StreamLimits } from "./events/stream-events.ts";

/** What the routes work with. */
export interface ApiContext {
  contract: RuntimeContract;
  store: Store;
  queue: RunQueue;
  events: EventWatch;
  /** Asks the other services for their health; Node's own, where it is left out. */
  fetch?: typeof globalThis.fetch;
  /** Aborted when the api drains: what would go on for ever ends. */
  closing?: AbortSignal;
  /** Whether root and the host's operators pass without a token on loopback; not, where it is left out. */
  loopbackIdentity?: boolean;
  /** Other limits for a stream of events than the usual ones. */
  streamLimits?: Partial<StreamLimits>;
  /** When a request without an answer is given up. */
  answerDeadlineMs?: number;
  /** The room on the disk; the host's own answer where it is left out. */
  diskRoom?: (path: string) => Promise<DiskRoom>;
  log: Readonly<Record<"debug" | "info" | "warn" | "error", (fields: object, message: string) => void>>;
}

export type Api = Hono<ApiEnv>;
