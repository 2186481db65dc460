import type { CoreMetrics, RunState } from "@oroboros/slot-contract";
import { sql } from "kysely";
import { isGrantable } from "../leases/grantable.ts";
import type { Store } from "../schema.ts";

interface Row {
  queue_depth: number;
  slots_free: number;
  slots_total: number;
  runs_by_status: Partial<Record<RunState, number>>;
  waiting: CoreMetrics["waiting"];
  publishing: CoreMetrics["publishing"];
  failure_rate: number | null;
  failures_by_code: CoreMetrics["failures_by_code"];
}

/**
 * How the installation does: what waits and what is free now, and how the runs of the last hours went. A run counts for the window
 * in which it got its slot, was proven, or ended.
 */
export async function readCoreMetrics(store: Store, windowHours: number): Promise<CoreMetrics> {
  const { rows } = await sql<Row>`
    with since as materialized (select clock_timestamp() - make_interval(secs => ${windowHours * 3_600}) as time),
    granted as (
      select run_id, min(created_at) as at from run_events where event_type = 'lease_acquired' group by run_id
    ), proven as (
      select run_id, min(created_at) as at from run_events
      where event_type = 'run_transitioned' and detail ->> 'to' = 'preview_ready' group by run_id
    ), waiting as (
      select extract(epoch from granted.at - runs.created_at) * 1000 as ms
      from granted join runs using (run_id), since where granted.at >= since.time
    ), publishing as (
      select extract(epoch from proven.at - granted.at) * 1000 as ms
      from proven join granted using (run_id), since where proven.at >= since.time
    ), ended as (
      select status, failure_reason_code from runs, since
      where status in ('merged', 'failed', 'canceled', 'expired') and updated_at >= since.time
    )
    select
      (select count(*)::int from runs where status = 'queued') as queue_depth,
      (select count(*)::int from slot_leases where ${isGrantable}) as slots_free,
      (select count(*)::int from slot_leases where retired_at is null) as slots_total,
      (select coalesce(jsonb_object_agg(status, n), '{}') from (
        select status, count(*) as n from (
          select status from ended
          union all select status from runs where status not in ('merged', 'failed', 'canceled', 'expired')
        ) counted group by status) each) as runs_by_status,
      (select ${durationOf} from waiting) as waiting,
      (select ${durationOf} from publishing) as publishing,
      (select avg((status = 'failed')::int)::float from ended) as failure_rate,
      (select coalesce(jsonb_object_agg(failure_reason_code, n), '{}') from (
        select failure_reason_code, count(*) as n from ended where status = 'failed' group by 1) each) as failures_by_code`.execute(
    store,
  );
  const [row] = rows;
  if (row === undefined) throw new Error("a query without from has one row");
  return { window_hours: windowHours, ...row };
}

const durationOf = sql`jsonb_build_object('count', count(ms),
  'p50_ms', round((percentile_cont(0.5) within group (order by ms))::numeric, 1),
  'p95_ms', round((percentile_cont(0.95) within group (order by ms))::numeric, 1))`;
