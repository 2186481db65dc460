import { DATABASE_OWNER_ROLE, LEASE_SETTING } from "@oroboros/slot-contract";
import { isMarkedForSql, markerSql } from "../../marker.ts";
import { KEPT, LIVE, SPARE, STALE_GRANT, type AccessFunction } from "../access-function.ts";

/**
 * The spare becomes live. With `p_keep` the live one is put aside, unless a proven one of the same run is kept already: then that
 * one stays, and the live one goes. Without it nothing stays kept. Says whether something is kept,
 * and which database is live now. Whose it is stands in a setting of it, which view `oroboros.slot_lease` shows: nobody has to log in
 * to a database that runs a template's triggers.
 */
export const swapIn: AccessFunction = {
  name: "swap_in",
  parameters: "p_slot integer, p_epoch bigint, p_keep boolean",
  returns: "jsonb",
  owner: DATABASE_OWNER_ROLE,
  body: `
declare
  held public.slot_leases := slot_access.hold_grant(p_slot, p_epoch);
  live name := ${LIVE};
  kept name := ${KEPT};
  has_live boolean := slot_access.find_live(p_slot);
  has_kept boolean := exists (select from pg_database where datname = kept);
  kept_comment text := (select shobj_description(oid, 'pg_database') from pg_database where datname = kept);
  -- A republish that did not get to its end has left the proven one kept, and its own as the live one.
  has_proven boolean := p_keep and held.run_id is not null
    and coalesce(${isMarkedForSql("kept_comment", "held.slot_id", "held.run_id")}, false);
  keeps_live boolean := p_keep and has_live and not has_proven;
begin
  if not exists (select from public.slot_databases where slot_number = p_slot and login_epoch = p_epoch) then
    raise exception 'the login of slot % was not rotated', p_slot using errcode = '${STALE_GRANT}';
  end if;
  if keeps_live then
    if has_kept then perform slot_access.retire(p_slot, kept); end if;
    execute format('alter database %I rename to %I', live, kept);
    perform slot_access.close_database(kept);
    execute format('alter database %I with allow_connections false', kept);
  else
    if has_kept and not has_proven then perform slot_access.mark_discarded(p_slot, held.slot_id); end if;
    if has_live then perform slot_access.retire(p_slot, live); end if;
  end if;
  execute format('alter database %I rename to %I', ${SPARE}, live);
  perform slot_access.open_database(p_slot);
  execute format('comment on database %I is %L', live, ${markerSql("held.slot_id", "held.run_id", "p_epoch")});
  execute format('alter database %I set ${LEASE_SETTING} = %L', live, format('%s/%s/%s', held.slot_id, coalesce(held.run_id::text, 'none'), p_epoch));
  return jsonb_build_object('kept', has_proven or keeps_live,
    'database_oid', (select database_oid::text from public.slot_databases where slot_number = p_slot));
end`,
};
