import { ROTATOR_ROLE, SLOTS_ROLE } from "@oroboros/slot-contract";
import { loginOf, OWNER, type AccessFunction } from "../access-function.ts";

/**
 * Drops the logins that the slot had before the current one, but the last of them: a pool that comes again is to be told that its
 * login may not log in any more, and not that its password is wrong. Which they are is told by what they are members of, and by the
 * exact name. One that owns something in a database that is kept stays, and can not log in.
 */
export const dropLogins: AccessFunction = {
  name: "drop_logins",
  parameters: "p_slot integer",
  returns: "integer",
  owner: ROTATOR_ROLE,
  body: `
declare
  login name;
  current bigint;
  dropped integer := 0;
begin
  select login_epoch into strict current from public.slot_databases where slot_number = p_slot for share;
  for login in
    select r.rolname from pg_roles r
      join pg_auth_members own on own.member = r.oid and own.roleid = (select oid from pg_roles where rolname = ${OWNER})
      join pg_auth_members slots on slots.member = r.oid and slots.roleid = '${SLOTS_ROLE}'::regrole
    where r.rolname = ${loginOf("substring(r.rolname from '[0-9]+$')")} and r.rolname not in (${loginOf("current")}, ${loginOf("0")})
    order by substring(r.rolname from '[0-9]+$')::bigint desc offset 1
  loop
    begin
      execute format('drop role %I', login);
      dropped := dropped + 1;
    exception when dependent_objects_still_exist then
      execute format('alter role %I nologin', login);
    end;
  end loop;
  return dropped;
end`,
};
