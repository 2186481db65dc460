import { ROTATOR_ROLE } from "@oroboros/slot-contract";
import { loginOf, type AccessFunction } from "../access-function.ts";

/** The slot's login can not log in any more, until it is rotated. */
export const lockOut: AccessFunction = {
  name: "lock_out",
  parameters: "p_slot integer, p_epoch bigint",
  returns: "void",
  owner: ROTATOR_ROLE,
  body: `
declare
  login name;
begin
  perform slot_access.hold_grant(p_slot, p_epoch);
  select ${loginOf("login_epoch")} into strict login from public.slot_databases where slot_number = p_slot for update;
  if exists (select from pg_roles where rolname = login and rolcanlogin) then
    execute format('alter role %I nologin', login);
  end if;
end`,
};
