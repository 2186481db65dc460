import { STALE_GRANT, type AccessFunction } from "../access-function.ts";

/** The fence: the lease's row is locked first and the clock read after that, as in the caller's own transaction. */
export const holdGrant: AccessFunction = {
  name: "hold_grant",
  parameters: "p_slot integer, p_epoch bigint",
  returns: "public.slot_leases",
  owner: null,
  body: `
declare
  held public.slot_leases;
begin
  select * into held from public.slot_leases
    where slot_number = p_slot and lease_epoch = p_epoch and expires_at is not null for share;
  if found and held.expires_at > clock_timestamp() then return held; end if;
  raise exception 'lease % of slot % is no longer held', p_epoch, p_slot using errcode = '${STALE_GRANT}';
end`,
};
