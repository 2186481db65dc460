import { ROTATOR_ROLE, SLOTS_ROLE } from "@oroboros/slot-contract";
import { loginOf, OWNER, type AccessFunction } from "../access-function.ts";

/** As many as the pools of a backend and a worker process beside it take. */
export const LOGIN_CONNECTIONS = 20;
/** Of one session: a query that sorts the disk full is the whole server's trouble. A superuser's setting, which the login can not undo. */
export const TEMP_FILES = "512MB";

/**
 * The login of this grant becomes the slot's, and the one before can not log in any more. `p_verifier` is what PostgreSQL stores for
 * a password (RFC 5803), so no password passes through a statement. Repeated for the same grant, it lets a login in that was
 * locked out.
 */
export const rotateLogin: AccessFunction = {
  name: "rotate_login",
  parameters: "p_slot integer, p_epoch bigint, p_verifier text",
  returns: "void",
  owner: ROTATOR_ROLE,
  body: `
declare
  login name := ${loginOf("p_epoch")};
  last bigint;
begin
  if p_verifier !~ '^SCRAM-SHA-256[$]4096:[A-Za-z0-9+/]{22}==[$][A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{43}=$' then
    raise exception 'not a password verifier' using errcode = 'invalid_parameter_value';
  end if;
  perform slot_access.hold_grant(p_slot, p_epoch);
  select login_epoch into strict last from public.slot_databases where slot_number = p_slot for update;
  if last not in (0, p_epoch) and exists (select from pg_roles where rolname = ${loginOf("last")}) then
    execute format('alter role %I nologin', ${loginOf("last")});
  end if;
  if exists (select from pg_roles where rolname = login) then
    execute format('alter role %I login password %L', login, p_verifier);
  else
    execute format('create role %I login noinherit connection limit ${LOGIN_CONNECTIONS} password %L in role %I, ${SLOTS_ROLE}',
      login, p_verifier, ${OWNER});
    execute format('alter role %I set temp_file_limit = ''${TEMP_FILES}''', login);
  end if;
  update public.slot_databases set login_epoch = p_epoch where slot_number = p_slot;
end`,
};
