import { DATABASE_OWNER_ROLE } from "@oroboros/slot-contract";
import { LIVE, type AccessFunction } from "../access-function.ts";

/**
 * Lets the worker copy the slot's live database, which it neither owns nor may connect to: as a template it can be copied, and closed
 * it has no sessions that would forbid it. Nothing but a copy on its way leaves a live database like that. Says how large it is, which
 * the worker may not ask; null where there is none.
 */
export const lendLive: AccessFunction = {
  name: "lend_live",
  parameters: "p_slot integer, p_epoch bigint",
  returns: "bigint",
  owner: DATABASE_OWNER_ROLE,
  body: `
begin
  perform slot_access.hold_grant(p_slot, p_epoch);
  if not slot_access.find_live(p_slot) then return null; end if;
  execute format('alter database %I with is_template true allow_connections false', ${LIVE});
  return pg_database_size(${LIVE});
end`,
};

/**
 * Ends that, for whoever comes: the lease may be over by then, and whom the database lets in is decided by its rights and logins. It is
 * called by who holds the slot's databases, so nobody copies any more.
 */
export const takeBackLive: AccessFunction = {
  name: "take_back_live",
  parameters: "p_slot integer",
  returns: "boolean",
  owner: DATABASE_OWNER_ROLE,
  body: `
begin
  if not exists (select from pg_database where datname = ${LIVE} and datistemplate) then return false; end if;
  execute format('alter database %I with is_template false allow_connections true', ${LIVE});
  return true;
end`,
};
