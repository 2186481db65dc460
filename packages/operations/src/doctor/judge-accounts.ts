import { OPERATORS_GROUP, slotIds, type RuntimeContract } from "@oroboros/slot-contract";
import {
  API_USER,
  APP_USER,
  BUILD_USER,
  PACKAGES_USER,
  slotUser,
  WEB_USER,
  WORKER_USER,
} from "@oroboros/slot-contract/host";
import { wrong, type DoctorFinding } from "./doctor-report.ts";
import type { Account, AccountFacts } from "./observe-accounts.ts";

const NO_LOGIN = ["/usr/sbin/nologin", "/sbin/nologin", "/bin/false", "/usr/bin/false"];
const MAKE = "./scripts/systemd-install-runtime.sh";

/** The users that units run as; none of them is a person's. */
export const serviceUsers = (contract: RuntimeContract): string[] => [
  API_USER,
  WORKER_USER,
  WEB_USER,
  PACKAGES_USER,
  BUILD_USER,
  APP_USER,
  ...slotIds(contract).map(slotUser),
];

export function judgeAccounts(contract: RuntimeContract, facts: AccountFacts): DoctorFinding[] {
  return [
    ...serviceUsers(contract).flatMap((name) => judgeUser(name, facts)),
    ...(facts.groups.some(({ name }) => name === OPERATORS_GROUP) ? [] : [missing("group", OPERATORS_GROUP)]),
  ];
}

function judgeUser(name: string, facts: AccountFacts): DoctorFinding[] {
  const user = facts.users.find((each) => each.name === name);
  if (user === undefined) return [missing("user", name)];
  return [...judgeShell(user), ...judgeSharing(user, facts), ...judgeGroups(user, facts)];
}

function missing(kind: "user" | "group", name: string): DoctorFinding {
  return wrong({ code: "account_missing", subject: name, message: `There is no ${kind} ${name}.`, hint: MAKE });
}

function judgeShell({ name, shell }: Account): DoctorFinding[] {
  if (NO_LOGIN.includes(shell)) return [];
  const message = `${name} has the shell ${shell || "(none, which is /bin/sh)"}, so somebody could log in as it.`;
  return [wrong({ code: "account_shell", subject: name, message, hint: `usermod --shell ${NO_LOGIN[0]} ${name}` })];
}

/** Whoever has the same number is the same user to the kernel. */
function judgeSharing({ name, uid }: Account, { users }: AccountFacts): DoctorFinding[] {
  const others = users.filter((other) => other.uid === uid && other.name !== name).map((other) => other.name);
  if (uid !== 0 && others.length === 0) return [];
  const message = `${name} has uid ${uid}, as ${uid === 0 ? "root" : others.join(", ")} has: the kernel can not tell them apart.`;
  const hint = `Stop everything (./scripts/runtime-down.sh), remove the user (userdel ${name}), and make it anew: ${MAKE}`;
  return [wrong({ code: "account_shared", subject: name, message, hint })];
}

/** What a group may, its members may: none of these users is in another's. */
function judgeGroups({ name, gid }: Account, { groups }: AccountFacts): DoctorFinding[] {
  const own = groups.find((group) => group.name === name);
  const foreign = groups.filter((group) => group.name !== name && (group.members.includes(name) || group.gid === gid));
  const found = foreign.map((group) =>
    wrong({
      code: "account_group",
      subject: name,
      message: `${name} is in group ${group.name}, and has no business to be.`,
      hint: group.members.includes(name) ? `gpasswd --delete ${name} ${group.name}` : `usermod --gid ${name} ${name}`,
    }),
  );
  const guests = (own?.members ?? []).filter((member) => member !== name);
  const welcome = guests.map((guest) =>
    wrong({
      code: "account_guest",
      subject: name,
      message: `${guest} is in the group of ${name}, and may read what that alone should.`,
      hint: `gpasswd --delete ${guest} ${name}`,
    }),
  );
  return [...found, ...welcome];
}
