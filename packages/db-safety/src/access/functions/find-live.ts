import { markerSql } from "../../marker.ts";
import { FOREIGN_DATABASE, LIVE, type AccessFunction } from "../access-function.ts";

/**
 * Whether the slot has a live database. Another one under its name than the last swap has put there is nobody's to put away: names
 * and comments can be given to any database, oids can not. One that was provisioned since is empty, and its comment says so.
 */
export const findLive: AccessFunction = {
  name: "find_live",
  parameters: "p_slot integer",
  returns: "boolean",
  owner: null,
  body: `
declare
  expected public.slot_databases;
  found oid := (select oid from pg_database where datname = ${LIVE});
begin
  select * into strict expected from public.slot_databases where slot_number = p_slot;
  if found <> expected.database_oid
    and shobj_description(found, 'pg_database') is distinct from ${markerSql("expected.slot_id", "null", "0")} then
    raise exception '% is another database than the last swap has put there', ${LIVE} using errcode = '${FOREIGN_DATABASE}';
  end if;
  return found is not null;
end`,
};
