import { SLOTS_ROLE, slotLogin, slotRole } from "@oroboros/slot-contract";
import { escapeIdentifier } from "pg";
import { LOGIN_CONNECTIONS, TEMP_FILES } from "../access/functions/rotate-login.ts";
import { roleSpecs, type RoleSpec } from "../provision/role-specs.ts";
import { repairable, type ClusterFinding } from "./cluster-finding.ts";
import type { ClusterFacts, RoleRow } from "./observe-cluster.ts";

const SLOT_LOGIN = /^slot_([1-9][0-9]?)_e[0-9]+$/;

/** Every role of ours, every slot's login, and every role that is a member of one of ours. */
export function judgeRoles({ roles, slots }: ClusterFacts): ClusterFinding[] {
  const specs = roleSpecs(
    slots.map(({ slot }) => slot),
    { api: "", worker: "" },
    "",
  );
  const current = new Set<string>(slots.map(({ slot, loginEpoch }) => slotLogin(slot, loginEpoch)));
  const known = new Map(slots.map(({ slot }) => [slotRole(slot), slot]));
  const isLogin = ({ name, member_of: groups }: RoleRow): boolean =>
    SLOT_LOGIN.test(name) || groups.includes(SLOTS_ROLE);
  const logins = roles.filter((role) => isLogin(role) && !specs.some(({ name }) => name === role.name));
  return [
    ...specs.flatMap((spec) => judgeSpec(spec, roles)),
    ...logins.flatMap((login) => judgeLogin(login, { isCurrent: current.has(login.name), known })),
    ...judgeOthers(
      roles.filter((role) => !logins.includes(role) && !specs.some(({ name }) => name === role.name)),
      specs,
    ),
  ];
}

function judgeSpec(spec: RoleSpec, roles: readonly RoleRow[]): ClusterFinding[] {
  const role = roles.find(({ name }) => name === spec.name);
  const name = escapeIdentifier(spec.name);
  if (role === undefined) {
    const message = `Role ${spec.name} does not exist.`;
    return [repairable({ code: "role_missing", subject: spec.name, message }, `create role ${name}`)];
  }
  const expected = [...spec.memberOf, ...spec.adminOf];
  const missing = expected.filter((group) => !role.member_of.includes(group));
  return [
    ...(matches(role, spec) ? [] : [wrongAttributes(spec.name, attributesOf(spec))]),
    ...missing.map((group) =>
      repairable(
        {
          code: "membership_missing",
          subject: spec.name,
          message: `${spec.name} is no member of ${group}, through which it does its work.`,
        },
        `grant ${escapeIdentifier(group)} to ${name}${spec.adminOf.includes(group) ? " with admin option" : ""}`,
      ),
    ),
    ...foreignMemberships(role, expected),
  ];
}

const matches = (role: RoleRow, spec: RoleSpec): boolean =>
  role.can_log_in === (spec.password !== null) &&
  role.create_databases === spec.createDatabases &&
  role.create_roles === spec.createRoles &&
  role.inherits === spec.inherit &&
  role.connection_limit === spec.connectionLimit &&
  !role.is_mighty;

const attributesOf = (spec: RoleSpec): string =>
  [
    spec.password === null ? "nologin" : "login",
    spec.createDatabases ? "createdb" : "nocreatedb",
    spec.createRoles ? "createrole" : "nocreaterole",
    spec.inherit ? "inherit" : "noinherit",
    "nosuperuser noreplication nobypassrls",
    `connection limit ${spec.connectionLimit}`,
  ].join(" ");

const wrongAttributes = (name: string, attributes: string): ClusterFinding =>
  repairable(
    { code: "role_attributes", subject: name, message: `${name} has other rights or limits than it is to have.` },
    `alter role ${escapeIdentifier(name)} with ${attributes}`,
  );

/** A slot's login: one of each slot's may log in, none has rights of its own, and each is a member of its slot alone. */
function judgeLogin(
  role: RoleRow,
  { isCurrent, known }: { isCurrent: boolean; known: ReadonlyMap<string, unknown> },
): ClusterFinding[] {
  const own = role.name.replace(/_e[0-9]+$/, "");
  const name = escapeIdentifier(role.name);
  const found: ClusterFinding[] = [];
  if (role.can_log_in && !isCurrent) {
    const message = known.has(own)
      ? `${role.name} is not the login of ${own} any more, and may log in.`
      : `${role.name} may log in, and belongs to no slot of this installation.`;
    found.push(repairable({ code: "login_stale", subject: role.name, message }, `alter role ${name} nologin`));
  }
  const isAsMade = !(role.is_mighty || role.create_databases || role.create_roles || role.inherits);
  if (!isAsMade || role.connection_limit !== LOGIN_CONNECTIONS) {
    const attributes = `noinherit nocreatedb nocreaterole nosuperuser noreplication nobypassrls connection limit ${LOGIN_CONNECTIONS}`;
    found.push(wrongAttributes(role.name, attributes));
  }
  if (isCurrent && role.temp_file_limit !== TEMP_FILES) {
    const message = `${role.name} may fill the disk with temporary files.`;
    found.push(
      repairable(
        { code: "login_unlimited", subject: role.name, message },
        `alter role ${name} set temp_file_limit = '${TEMP_FILES}'`,
      ),
    );
  }
  return [...found, ...foreignMemberships(role, [own, SLOTS_ROLE])];
}

/** Whoever else is a member of a role of ours could do what it does. */
function judgeOthers(roles: readonly RoleRow[], specs: readonly RoleSpec[]): ClusterFinding[] {
  const ours = new Set(specs.map(({ name }) => name));
  return roles.flatMap((role) =>
    foreignMemberships(
      role,
      role.member_of.filter((group) => !ours.has(group)),
    ),
  );
}

function foreignMemberships(role: RoleRow, expected: readonly string[]): ClusterFinding[] {
  const foreign = role.member_of.filter((group) => !expected.includes(group));
  return foreign.map((group) =>
    repairable(
      {
        code: "foreign_member",
        subject: role.name,
        message: `${role.name} is a member of ${group}, and has no business to be.`,
      },
      `revoke ${escapeIdentifier(group)} from ${escapeIdentifier(role.name)}`,
    ),
  );
}
