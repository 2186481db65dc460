import {
  DATABASE_OWNER_ROLE,
  ROTATOR_ROLE,
  slotLogin,
  slotRole,
  SLOTS_ROLE,
  WORKER_ROLE,
  type SlotId,
} from "@oroboros/slot-contract";
import { LOGIN_CONNECTIONS } from "../access/functions/rotate-login.ts";
import { resetHint, type Finding, type SlotClaims } from "./finding.ts";
import type { RoleFacts, ServerFacts } from "./observe-databases.ts";

/** Who may log in to a slot's database: its current login, and nobody else. */
export function judgeSlotRoles({ roles }: ServerFacts, claims: SlotClaims): Finding[] {
  const { slot, identity } = claims;
  const group = slotRole(slot);
  const current = identity === undefined ? undefined : slotLogin(slot, identity.loginEpoch);
  const login = roles.find(({ name }) => name === current);
  const found = (code: Finding["code"], subject: string, message: string, hint = resetHint(slot)): Finding => ({
    code,
    slot,
    subject,
    message,
    hint,
  });
  const members = roles.filter(
    ({ memberOf, name }) => memberOf.includes(group) && name !== WORKER_ROLE && name !== ROTATOR_ROLE,
  );
  return [
    ...(current !== undefined && login === undefined
      ? [found("login_wrong", current, `${slot}'s login ${current} does not exist.`)]
      : []),
    ...(identity !== undefined && BigInt(identity.loginEpoch) > BigInt(claims.leaseEpoch)
      ? [found("login_wrong", String(current), `${current} is named after a lease that ${slot} has not had yet.`)]
      : []),
    ...members
      .filter(({ name, canLogIn }) => canLogIn && name !== current)
      .map(({ name }) =>
        found("foreign_login", name, `${name} may log in to the database of ${slot}.`, dropHint(name)),
      ),
    ...members
      .filter(({ name }) => !isLoginOf(slot, name))
      .map(({ name }) => found("foreign_member", name, `${name} is a member of ${group}.`, revokeHint(group, name))),
    ...members
      .filter(({ name }) => isLoginOf(slot, name))
      .flatMap((role) =>
        judgeLogin(role, slot).map((what) => found("login_wrong", role.name, `${role.name} ${what}.`)),
      ),
    ...judgeGroup(roles, group).map((what) => found("role_wrong", group, `${group} ${what}.`, REPAIR_HINT)),
  ];
}

/** The roles that own functions and live databases have no members, and what is in no slot's group is no login of a slot. */
export function judgeSharedRoles({ roles }: ServerFacts, slots: readonly SlotId[]): Finding[] {
  const groups = slots.map(slotRole);
  return roles.flatMap(({ name, memberOf }): Finding[] => {
    const foreign = memberOf.filter(
      (group) =>
        group === DATABASE_OWNER_ROLE ||
        group === ROTATOR_ROLE ||
        (group === SLOTS_ROLE && name !== ROTATOR_ROLE && !memberOf.some((other) => groups.includes(other))),
    );
    return foreign.map((group) => ({
      code: "foreign_member",
      slot: null,
      subject: name,
      message: `${name} is a member of ${group}.`,
      hint: revokeHint(group, name),
    }));
  });
}

const isLoginOf = (slot: SlotId, name: string): boolean => {
  const prefix = `${slotRole(slot)}_e`;
  return name.startsWith(prefix) && /^(?:0|[1-9][0-9]*)$/.test(name.slice(prefix.length));
};

function judgeLogin({ powers, inherits, connectionLimit, memberOf }: RoleFacts, slot: SlotId): string[] {
  const others = memberOf.filter((group) => group !== slotRole(slot) && group !== SLOTS_ROLE);
  return [
    ...powers.map((power) => `has the right ${power}`),
    ...(inherits ? ["inherits the rights of its groups"] : []),
    ...(connectionLimit === LOGIN_CONNECTIONS
      ? []
      : [`may have ${connectionLimit} connections, and not ${LOGIN_CONNECTIONS}`]),
    ...others.map((group) => `is a member of ${group}`),
  ];
}

function judgeGroup(roles: readonly RoleFacts[], group: string): string[] {
  const role = roles.find(({ name }) => name === group);
  if (role === undefined) return ["does not exist"];
  return [
    ...(role.canLogIn ? ["may log in"] : []),
    ...role.powers.map((power) => `has the right ${power}`),
    ...role.memberOf.map((other) => `is a member of ${other}`),
  ];
}

/** A reset makes a login and a database anew, and no group. */
const REPAIR_HINT = "See what to type as the superuser with: oroboros doctor";
const dropHint = (name: string): string => `Find out who made it. As the superuser: alter role "${name}" nologin`;
const revokeHint = (group: string, name: string): string => `As the superuser: revoke "${group}" from "${name}"`;
