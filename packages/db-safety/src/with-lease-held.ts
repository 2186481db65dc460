import type { QueryExecutorProvider } from "kysely";

/**
 * Runs `act` in a transaction of the control database, on the same server and as the worker, after proving in it that the
 * lease still stands; whatever the caller records belongs in that transaction too.
 */
export type WithLeaseHeld<Result> = (act: (tx: QueryExecutorProvider) => Promise<Result>) => Promise<Result>;
