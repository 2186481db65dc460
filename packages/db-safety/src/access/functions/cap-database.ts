import { ROTATOR_ROLE } from "@oroboros/slot-contract";
import { LIVE, loginOf, type AccessFunction } from "../access-function.ts";

/** How large the slot's live database is; null where there is none. Reading it takes no right to connect. */
export const databaseBytes: AccessFunction = {
  name: "database_bytes",
  parameters: "p_slot integer",
  returns: "bigint",
  owner: ROTATOR_ROLE,
  body: `
begin
  return (select pg_database_size(oid) from pg_database where datname = ${LIVE});
end`,
};

/**
 * Lets the slot's login in no more if its database is larger than that, until the login is rotated. Says how large it was; null where
 * nothing had to be done. Of the size that it has while no reset can give the login another database.
 */
export const capDatabase: AccessFunction = {
  name: "cap_database",
  parameters: "p_slot integer, p_epoch bigint, p_bytes bigint",
  returns: "bigint",
  owner: ROTATOR_ROLE,
  body: `
declare
  login name;
  bytes bigint;
begin
  -- A session of the login's can hold its row: then the caller ends that, and tries again.
  perform set_config('lock_timeout', '1s', true);
  perform slot_access.hold_grant(p_slot, p_epoch);
  select ${loginOf("login_epoch")} into strict login from public.slot_databases where slot_number = p_slot for update;
  select pg_database_size(oid) into bytes from pg_database where datname = ${LIVE};
  if coalesce(bytes <= p_bytes, true) then return null; end if;
  if not exists (select from pg_roles where rolname = login and rolcanlogin) then return null; end if;
  execute format('alter role %I nologin', login);
  return bytes;
end`,
};
