import { sql } from "kysely";

/** First key of the locks by which workers say that they live; "orob" in ASCII. */
export const PRESENCE_CLASS = 0x6f726f62;
/** Two renewals: who lives renews its lease every second or so, also where the connection of its lock can not be made again. */
const UNRENEWED_SECONDS = 2;
/** A server that was restarted has dropped every lock, and those who held them need a moment. */
const RESTARTED_SECONDS = 3;

/**
 * Whether the worker that is named in a row of `slot_leases` is dead: its lock is gone and the lease was not renewed lately. False
 * where no worker is named, or the lease was let go.
 */
export const hasNoWorker = sql<boolean>`(
  slot_leases.worker_id is not null
  and slot_leases.heartbeat_at < clock_timestamp() - make_interval(secs => ${sql.lit(UNRENEWED_SECONDS)})
  and pg_postmaster_start_time() < clock_timestamp() - make_interval(secs => ${sql.lit(RESTARTED_SECONDS)})
  and not exists (
    select from pg_locks
    where locktype = 'advisory' and classid = ${sql.lit(PRESENCE_CLASS)} and objid = slot_leases.worker_id::oid
      and objsubid = 2 and granted
      and database = (select oid from pg_database where datname = current_database())))`;
