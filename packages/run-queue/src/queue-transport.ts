/** Where BullMQ keeps its jobs. PostgreSQL is the truth either way: the queue only wakes workers. */
export type QueueTransport = { kind: "redis"; url: string } | { kind: "postgres"; databaseUrl: string };

/** Redis where one is configured, else the control database. */
export function queueTransport(env: { DATABASE_URL: string; REDIS_URL?: string | undefined }): QueueTransport {
  return env.REDIS_URL === undefined
    ? { kind: "postgres", databaseUrl: env.DATABASE_URL }
    : { kind: "redis", url: env.REDIS_URL };
}
