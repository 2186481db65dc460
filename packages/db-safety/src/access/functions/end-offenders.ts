import { API_ROLE, ROTATOR_ROLE, SLOTS_ROLE, TEMPLATE_ROLE, WORKER_ROLE } from "@oroboros/slot-contract";
import type { AccessFunction } from "../access-function.ts";

/** Of the queue of notifications, which all databases of a server share: a listener that reads none lets it fill in half a minute. */
const QUEUE_SHARE = 0.1;
/** The settings of roles are kept beside all databases: what a slot writes there counts as nobody's size. */
const ROLE_SETTINGS_BYTES = 32 * 1024 ** 2;

/**
 * Ends the sessions of slots' logins that stay in a transaction or statement for too long; that hold what one of the runtime's own
 * sessions waits for, which a slot can do to another one's database with ALTER ROLE .. IN DATABASE alone; or that keep the queue of
 * notifications from being emptied once it fills, or fill the catalog of roles' settings. Says of each whose it was and why.
 */
export const endOffenders: AccessFunction = {
  name: "end_offenders",
  parameters: "p_transaction_seconds double precision, p_idle_seconds double precision",
  returns: "jsonb",
  owner: ROTATOR_ROLE,
  body: `
begin
  return (
    with slot_session as materialized (
      select a.*, clock_timestamp() - least(a.xact_start, case when a.state = 'active' then a.query_start end) as lasts
      from pg_stat_activity a
      where a.backend_type = 'client backend' and a.pid <> pg_backend_pid()
        and a.usesysid in (select member from pg_auth_members where roleid = '${SLOTS_ROLE}'::regrole)
    ), waiting as materialized (
      select pg_blocking_pids(a.pid) as on_pids from pg_stat_activity a
      where a.usename in ('${WORKER_ROLE}', '${API_ROLE}', '${TEMPLATE_ROLE}')
        and exists (select from pg_locks l where l.pid = a.pid and not l.granted)
    ), offender as materialized (
      select s.pid, s.usename, s.datname, case
        when exists (select from waiting w where s.pid = any (w.on_pids)) then 'blocked_runtime'
        when s.lasts > make_interval(secs => p_transaction_seconds) then 'long_transaction'
        when s.state like 'idle in transaction%'
          and clock_timestamp() - s.state_change > make_interval(secs => p_idle_seconds) then 'idle_in_transaction'
        when (s.lasts > interval '1 second' or s.wait_event = 'ClientWrite')
          and pg_notification_queue_usage() > ${QUEUE_SHARE}
          -- Who reads nothing, nobody can see: the one that has been in a transaction for longest, and the next one in the next round.
          and s.pid = (select pid from slot_session where lasts is not null order by lasts desc limit 1) then 'notification_queue'
        when pg_total_relation_size('pg_db_role_setting') > ${ROLE_SETTINGS_BYTES} and exists (
          select from pg_locks l where l.pid = s.pid and l.relation = 'pg_db_role_setting'::regclass
            and l.mode = 'RowExclusiveLock') then 'role_settings'
      end as why
      from slot_session s
    )
    select coalesce(jsonb_agg(jsonb_build_object('database', datname, 'login', usename, 'why', why)), '[]')
    from offender where why is not null and pg_terminate_backend(pid)
  );
end`,
};
