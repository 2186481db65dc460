import { sql, type RawBuilder } from "kysely";
import type { Lease } from "../leases/lease-ref.ts";
import type { PublishAttempt } from "./attempt.ts";

/** Who begins a publish, and how long it may take whoever works on it. Null: no worker that gives signs of life, no limit. */
export interface PublishWorker {
  workerId?: number | null | undefined;
  runTimeoutSeconds?: number | null | undefined;
}

/** A publish to work on now, under a grant of its own; `remainingMs` is negative where its time is over. */
export interface BegunAttempt {
  attempt: PublishAttempt;
  lease: Lease;
  remainingMs: number | null;
}

/** When a publish that begins now is given up. */
export const deadlineOf = ({ runTimeoutSeconds = null }: PublishWorker): RawBuilder<Date | null> => sql<Date | null>`
  clock_timestamp() + make_interval(secs => ${runTimeoutSeconds}::float8)`;
