import { Redis } from "ioredis";

export type OnError = (error: unknown) => void;
type Waiting = { enableOfflineQueue: boolean; socketTimeout: number };

/** As long as those wait who wake a worker. A client that starts, or lost its connection, has one by then. */
const READY_WITHIN_MS = 1_000;
/**
 * Whoever wakes a worker is told that it was not woken, and somebody will do so again: a client that kept the command until its server
 * is back would keep as many as are tried meanwhile, and then wake a worker for each.
 */
export const UNQUEUED: Waiting = { enableOfflineQueue: false, socketTimeout: 5_000 };

/** A client that makes lost connections again. */
export function connectRedis(url: string, onError: OnError, waiting?: Waiting): Redis {
  // BullMQ's workers wait on one command for as long as it takes; they refuse a client that gives up.
  const redis = new Redis(url, { maxRetriesPerRequest: null, ...waiting });
  redis.on("error", onError);
  return redis;
}

/** Waits until the client has its connection, and rejects where that takes long. One wait is for all who ask meanwhile. */
export function readinessOf(redis: Redis): () => Promise<void> {
  let waiting: Promise<void> | undefined;
  return async () => {
    if (redis.status !== "ready") await (waiting ??= untilReady(redis).finally(() => (waiting = undefined)));
  };
}

function untilReady(redis: Redis): Promise<void> {
  return new Promise((resolve, reject) => {
    const isReady = (): void => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(() => {
      redis.off("ready", isReady);
      reject(new Error(`Redis could not be reached within ${READY_WITHIN_MS} ms`));
    }, READY_WITHIN_MS);
    redis.once("ready", isReady);
  });
}
