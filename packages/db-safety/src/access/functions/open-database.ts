import { DATABASE_OWNER_ROLE } from "@oroboros/slot-contract";
import { LIVE, loginOf, OWNER, type AccessFunction } from "../access-function.ts";

/**
 * Makes a database that was renamed to the live one's name the live one, for the slot's current login and for nobody else. What
 * every later session has to meet there is written down with it.
 */
export const openDatabase: AccessFunction = {
  name: "open_database",
  parameters: "p_slot integer",
  returns: "void",
  owner: null,
  body: `
declare
  live name := ${LIVE};
  login name;
begin
  select ${loginOf("login_epoch")} into strict login from public.slot_databases where slot_number = p_slot;
  execute format('alter database %I owner to ${DATABASE_OWNER_ROLE}', live);
  perform slot_access.close_database(live);
  -- The login only: the worker is a member of the slot's other role, and has no business in a live database.
  execute format('grant connect on database %I to %I', live, login);
  execute format('grant create, temporary on database %I to %I', live, ${OWNER});
  execute format('alter database %I with allow_connections true', live);
  update public.slot_databases set database_oid = (select oid from pg_database where datname = live)
    where slot_number = p_slot;
end`,
};
