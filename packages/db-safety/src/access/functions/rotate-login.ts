import { ROTATOR_ROLE, SLOTS_ROLE } from "@oroboros/slot-contract";
import { loginOf, OWNER, SPARE, type AccessFunction } from "../access-function.ts";

/** As many as the pools of a backend and a worker process beside it take. */
export const LOGIN_CONNECTIONS = 20;
/** Of one session: a query that sorts the disk full is the whole server's trouble. A superuser's setting, which the login can not undo. */
export const TEMP_FILES = "512MB";
/** A login of no grant: made with the spare, and given the name of the grant that takes the spare. */
const NEXT = loginOf("0");

const REQUIRE_VERIFIER = `
  if p_verifier !~ '^SCRAM-SHA-256[$]4096:[A-Za-z0-9+/]{22}==[$][A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{43}=$' then
    raise exception 'not a password verifier' using errcode = 'invalid_parameter_value';
  end if;`;

/** The login's name is an SQL variable. */
const createLogin = (login: string, mayLogIn: "login" | "nologin"): string => `
  execute format('create role %I ${mayLogIn} noinherit connection limit ${LOGIN_CONNECTIONS} password %L in role %I, ${SLOTS_ROLE}',
    ${login}, p_verifier, ${OWNER});
  execute format('alter role %I set temp_file_limit = ''${TEMP_FILES}''', ${login});`;

/**
 * Makes the login of whatever grant takes the spare that is there now. Whoever makes a role waits for PostgreSQL to look whether its
 * password is the empty one, which costs as much as a login; so this is done while nobody waits.
 */
export const prepareLogin: AccessFunction = {
  name: "prepare_login",
  parameters: "p_slot integer, p_verifier text",
  returns: "void",
  owner: ROTATOR_ROLE,
  body: `
declare
  next name := ${NEXT};
begin${REQUIRE_VERIFIER}
  if p_verifier is null then raise null_value_not_allowed; end if;
  perform from public.slot_databases where slot_number = p_slot for update;
  -- Used again, and not dropped: another slot may have given it rights in its own database.
  if exists (select from pg_roles where rolname = next) then
    execute format('alter role %I nologin password %L', next, p_verifier);
  else${createLogin("next", "nologin")}
  end if;
  update public.slot_databases set prepared_oid = (select oid from pg_database where datname = ${SPARE})
    where slot_number = p_slot;
end`,
};

/**
 * The login of this grant becomes the slot's, and the one before can not log in any more. `p_verifier` is what PostgreSQL stores for
 * a password (RFC 5803), so no password passes through a statement. Without one the login is that which was made with the spare; false
 * where none was, and then nothing has changed. Repeated for the same grant, it lets a login in that was locked out.
 */
export const rotateLogin: AccessFunction = {
  name: "rotate_login",
  parameters: "p_slot integer, p_epoch bigint, p_verifier text",
  returns: "boolean",
  owner: ROTATOR_ROLE,
  body: `
declare
  login name := ${loginOf("p_epoch")};
  next name := ${NEXT};
  last bigint;
  prepared bigint;
  setting text;
begin${REQUIRE_VERIFIER}
  perform slot_access.hold_grant(p_slot, p_epoch);
  select login_epoch, prepared_oid into strict last, prepared
    from public.slot_databases where slot_number = p_slot for update;
  if p_verifier is null and (exists (select from pg_roles where rolname = login)
    or not exists (select from pg_roles where rolname = next)
    or not exists (select from pg_database where datname = ${SPARE} and oid = prepared)) then return false; end if;
  if last not in (0, p_epoch) and exists (select from pg_roles where rolname = ${loginOf("last")}) then
    execute format('alter role %I nologin', ${loginOf("last")});
  end if;
  if p_verifier is null then
    execute format('alter role %I rename to %I', next, login);
    execute format('alter role %I login', login);
  elsif exists (select from pg_roles where rolname = login) then
    execute format('alter role %I login password %L', login, p_verifier);
    -- What it has set for itself belongs to the database that it had. PostgreSQL takes no RESET of a role in a function like this one.
    for setting in
      select format('alter role %I %s reset %I', login, case when d.datname is null then '' else format('in database %I', d.datname) end, name)
      from pg_db_role_setting s left join pg_database d on d.oid = s.setdatabase,
        lateral (select split_part(assignment, '=', 1) as name from unnest(s.setconfig) assignment) assigned
      where s.setrole = (select oid from pg_roles where rolname = login) and name not in ('role', 'session_authorization')
    loop
      execute setting;
    end loop;
    execute format('alter role %I set temp_file_limit = ''${TEMP_FILES}''', login);
  else${createLogin("login", "login")}
  end if;
  update public.slot_databases set login_epoch = p_epoch where slot_number = p_slot;
  return true;
end`,
};
