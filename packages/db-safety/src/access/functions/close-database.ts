import type { AccessFunction } from "../access-function.ts";

/** Nobody but its owner has a right on the database any more. */
export const closeDatabase: AccessFunction = {
  name: "close_database",
  parameters: "p_database name",
  returns: "void",
  owner: null,
  body: `
declare
  holder oid;
begin
  for holder in
    select distinct acl.grantee from pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) acl
    where d.datname = p_database and acl.grantee <> d.datdba
  loop
    if holder = 0 then execute format('revoke all on database %I from public', p_database);
    else execute format('revoke all on database %I from %I', p_database, pg_get_userbyid(holder)); end if;
  end loop;
end`,
};
