import { ROTATOR_ROLE, SLOTS_ROLE } from "@oroboros/slot-contract";
import { KEPT, LIVE, SPARE, STALE_GRANT, type AccessFunction } from "../access-function.ts";

/** Ends every session in the slot's databases once, but a superuser's. Says how many there were. */
export const endSessions: AccessFunction = {
  name: "end_sessions",
  parameters: "p_slot integer, p_epoch bigint",
  returns: "integer",
  owner: ROTATOR_ROLE,
  body: `
declare
  ended integer;
begin
  -- Without a lock: the caller's transaction has one.
  if not exists (select from public.slot_leases
    where slot_number = p_slot and lease_epoch = p_epoch and expires_at > clock_timestamp()) then
    raise exception 'lease % of slot % is no longer held', p_epoch, p_slot using errcode = '${STALE_GRANT}';
  end if;
  -- Without its timeout: it sleeps through it for every session that is not gone at once.
  select count(pg_terminate_backend(pid)) into ended from pg_stat_activity
    where datname in (${LIVE}, ${SPARE}, ${KEPT}) and backend_type = 'client backend' and pid <> pg_backend_pid()
      and usesysid not in (select oid from pg_roles where rolsuper);
  return ended;
end`,
};

/** Ends one session of one of the slots' logins: the worker is no member of theirs. */
export const endSession: AccessFunction = {
  name: "end_session",
  parameters: "p_pid integer, p_database name, p_login name",
  returns: "boolean",
  owner: ROTATOR_ROLE,
  body: `
begin
  return coalesce((select pg_terminate_backend(pid, 1000) from pg_stat_activity
    where pid = p_pid and datname = p_database and usename = p_login
      and usesysid in (select member from pg_auth_members where roleid = '${SLOTS_ROLE}'::regrole)), false);
end`,
};
