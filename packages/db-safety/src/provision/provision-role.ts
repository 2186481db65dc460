import { sql, type RawBuilder } from "kysely";
import type { Session } from "../session.ts";
import type { RoleSpec } from "./role-specs.ts";
import { isVerifierOf, scramVerifier } from "../scram-verifier.ts";

/** Makes the role what its specification says; returns what had to change. */
export async function provisionRole(superuser: Session, spec: RoleSpec): Promise<string[]> {
  const changed: string[] = [];
  if (!(await hasAttributes(superuser, spec))) {
    const [found] = await superuser.run(sql`select from pg_catalog.pg_roles where rolname = ${spec.name}`);
    if (found === undefined) await superuser.run(sql`create role ${sql.id(spec.name)}`);
    await superuser.run(sql`alter role ${sql.id(spec.name)} with ${attributesOf(spec)}`);
    changed.push(`role ${spec.name}`);
  }
  if (spec.password !== null && (await changePassword(superuser, spec.name, spec.password))) {
    changed.push(`password of ${spec.name}`);
  }
  for (const group of [...spec.memberOf, ...spec.adminOf]) {
    const admin = spec.adminOf.includes(group);
    if (await isMember(superuser, { role: spec.name, group, admin })) continue;
    await superuser.run(
      sql`grant ${sql.id(group)} to ${sql.id(spec.name)} ${sql.raw(admin ? "with admin option" : "")}`,
    );
    changed.push(`membership of ${spec.name} in ${group}`);
  }
  return changed;
}

function attributesOf(spec: RoleSpec): RawBuilder<unknown> {
  const login = spec.password === null ? sql`nologin` : sql`login`;
  const createdb = spec.createDatabases ? sql`createdb` : sql`nocreatedb`;
  const inherit = spec.inherit ? sql`inherit` : sql`noinherit`;
  const createrole = spec.createRoles ? sql`createrole` : sql`nocreaterole`;
  return sql`${login} ${createdb} ${createrole} ${inherit} nosuperuser noreplication nobypassrls
    connection limit ${sql.lit(spec.connectionLimit)}`;
}

async function hasAttributes(superuser: Session, spec: RoleSpec): Promise<boolean> {
  const rows = await superuser.run(sql`
    select from pg_catalog.pg_roles
    where rolname = ${spec.name} and rolcanlogin = ${spec.password !== null} and rolcreatedb = ${spec.createDatabases}
      and rolcreaterole = ${spec.createRoles}
      and rolinherit = ${spec.inherit} and rolconnlimit = ${spec.connectionLimit}
      and not (rolsuper or rolreplication or rolbypassrls)`);
  return rows.length > 0;
}

async function changePassword(superuser: Session, role: string, password: string): Promise<boolean> {
  const [row] = await superuser.run(
    sql<{ verifier: string | null }>`select rolpassword as verifier from pg_catalog.pg_authid where rolname = ${role}`,
  );
  if (isVerifierOf(row?.verifier ?? null, password)) return false;
  await superuser.run(sql`alter role ${sql.id(role)} with password ${sql.lit(scramVerifier(password))}`);
  return true;
}

async function isMember(
  superuser: Session,
  { role, group, admin }: { role: string; group: string; admin: boolean },
): Promise<boolean> {
  const rows = await superuser.run(sql`
    select from pg_catalog.pg_auth_members
    where member = ${role}::regrole and roleid = ${group}::regrole and admin_option = ${admin}`);
  return rows.length > 0;
}
