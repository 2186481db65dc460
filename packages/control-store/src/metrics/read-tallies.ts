import { RUN_STATES, type AttemptState, type PublishStepName, type RunState } from "@oroboros/slot-contract";
import { sql, type RawBuilder } from "kysely";
import { isInUse } from "../leases/grantable.ts";
import type { SlotLease } from "../leases/list-slots.ts";
import type { Store } from "../schema.ts";

/** How many took at most so long, for each bound, and how long all of them took. */
export interface Histogram {
  /** Cumulative, in the order of the bounds. */
  counts: number[];
  count: number;
  sumSeconds: number;
}

/** What is counted over the installation's whole life; the database's, so that no restart of a process loses any of it. */
export interface Tallies {
  runs: Record<RunState, number>;
  slots: Partial<Record<SlotLease["leaseState"], number>>;
  leasesGranted: number;
  leasesExpired: number;
  publishes: Partial<Record<AttemptState, number>>;
  steps: (Histogram & { step: PublishStepName; failed: number })[];
  resets: (Histogram & { status: string })[];
}

/** @param bounds upper bounds of the histograms, in seconds. */
export async function readTallies(store: Store, bounds: readonly number[]): Promise<Tallies> {
  const [counted, steps, resets] = await Promise.all([
    readCounts(store),
    readSteps(store, bounds),
    readResets(store, bounds),
  ]);
  return { ...counted, steps, resets };
}

async function readCounts(store: Store): Promise<Omit<Tallies, "steps" | "resets">> {
  const { rows } = await sql<Omit<Tallies, "steps" | "resets">>`
    select ${countsBy(sql`status`, sql`runs`)} as runs,
      ${countsBy(
        sql`case when expires_at > clock_timestamp() then 'held' when expires_at is not null then 'expired'
          when quarantined_at is not null then 'quarantined' else 'free' end`,
        sql`slot_leases where ${isInUse}`,
      )} as slots,
      ${countsBy(sql`status`, sql`publish_attempts`)} as publishes,
      (select count(*)::int from run_events where event_type = 'lease_acquired') as "leasesGranted",
      (select count(*)::int from run_events where event_type = 'lease_expired') as "leasesExpired"`.execute(store);
  const [row] = rows;
  if (row === undefined) throw new Error("a query without from has one row");
  const none = Object.fromEntries(RUN_STATES.map((state) => [state, 0])) as Record<RunState, number>;
  return { ...row, runs: { ...none, ...row.runs } };
}

const countsBy = (key: RawBuilder<unknown>, table: RawBuilder<unknown>): RawBuilder<unknown> => sql`
  (select coalesce(jsonb_object_agg(key, n), '{}') from (select ${key} as key, count(*) as n from ${table} group by 1) each)`;

async function readSteps(store: Store, bounds: readonly number[]): Promise<Tallies["steps"]> {
  const { rows } = await sql<Tallies["steps"][number]>`
    select step, count(*) filter (where failed)::int as failed, ${histogram(bounds)}
    from (
      select detail ->> 'step' as step, event_type = 'step_failed' as failed, (detail ->> 'ms')::float8 / 1000 as seconds
      from run_events where event_type in ('step_finished', 'step_failed')
    ) ended group by step order by step`.execute(store);
  return rows;
}

async function readResets(store: Store, bounds: readonly number[]): Promise<Tallies["resets"]> {
  const { rows } = await sql<Tallies["resets"][number]>`
    select status, ${histogram(bounds)}
    from (
      select reset_status as status, (details ->> 'duration_ms')::float8 / 1000 as seconds from preview_db_resets
      where details -> 'after_migrations' is null
    ) ended group by status order by status`.execute(store);
  return rows;
}

function histogram(bounds: readonly number[]): RawBuilder<unknown> {
  const counts = bounds.map((bound) => sql`count(*) filter (where seconds <= ${sql.lit(bound)})::int`);
  return sql`array[${sql.join(counts)}] as counts, count(seconds)::int as count,
    coalesce(sum(seconds), 0)::float8 as "sumSeconds"`;
}
