import { readTextFile } from "@oroboros/host";
import { OperatorError } from "@oroboros/slot-contract";

/** Where those of persons begin (login.defs(5), UID_MIN). */
const FIRST_PERSON = 1000;
const NO_LOGIN = [
  "/usr/sbin/nologin",
  "/sbin/nologin",
  "/bin/nologin",
  "/usr/bin/nologin",
  "/bin/false",
  "/usr/bin/false",
];

/** An account with the name of one of ours that is not as installation makes it. */
export interface ForeignAccount {
  name: string;
  problems: readonly string[];
  /** What makes it one of ours. */
  repair: string;
}

/** @throws OperatorError `uid_taken`, naming each account, what is wrong with it, and what puts it right. */
export async function refuseForeignAccounts(sysusers: string): Promise<void> {
  const [passwd, group] = await Promise.all(["/etc/passwd", "/etc/group"].map((path) => readTextFile(path)));
  const foreign = foreignAccounts(sysusers, { passwd: passwd ?? "", group: group ?? "" });
  if (foreign.length === 0) return;
  const named = foreign.map(({ name, problems }) => `${name} (${problems.join(", ")})`).join("; ");
  throw new OperatorError("uid_taken", `Accounts with names of the runtime's are something else: ${named}.`, {
    hint: `If that is not wanted, put it right with: ${foreign.map(({ repair }) => repair).join(" && ")}`,
  });
}

/** By passwd(5) and group(5): a system account of ours belongs to no person, logs in nowhere, and is in no other group than its own. */
export function foreignAccounts(
  sysusers: string,
  { passwd, group }: { passwd: string; group: string },
): ForeignAccount[] {
  const users = recordsOf(passwd);
  const groups = recordsOf(group);
  const ours = recordsOf(sysusers, " ").flatMap(([type, name]) => (type === "u" && name !== undefined ? [name] : []));
  return ours.flatMap((name) => {
    const account = users.find(([other]) => other === name);
    return account === undefined ? [] : judge(name, account, groups);
  });
}

function judge(name: string, account: readonly string[], groups: readonly (readonly string[])[]): ForeignAccount[] {
  const [, , uid = "", gid, , , shell = ""] = account;
  const isPerson = Number(uid) === 0 || Number(uid) >= FIRST_PERSON;
  const logsIn = !NO_LOGIN.includes(shell);
  const isMember = ([other, , , members = ""]: readonly string[]): boolean =>
    other !== name && members.split(",").includes(name);
  const others = groups.filter(isMember).map(([other = ""]) => other);
  const primary = groups.find(([, , id]) => id === gid)?.[0] ?? name;
  const problems = [
    ...(isPerson ? [`uid ${uid} is not a system account's`] : []),
    ...(logsIn ? [`shell ${shell || "/bin/sh"} logs in`] : []),
    ...(primary === name ? [] : [`its own group is ${primary}`]),
    ...(others.length === 0 ? [] : [`member of ${others.join(", ")}`]),
  ];
  const repairs = [
    ...(logsIn ? [`usermod --shell /usr/sbin/nologin ${name}`] : []),
    ...others.map((other) => `gpasswd --delete ${name} ${other}`),
  ];
  // One that is somebody's stays his, with another name; installation makes ours.
  const hasGroup = groups.some(([other]) => other === name);
  const group = hasGroup ? [`groupmod --new-name ${name}-found ${name}`] : [];
  const renamed = [`usermod --login ${name}-found ${name}`, ...group].join(" && ");
  const repair = isPerson || primary !== name ? renamed : repairs.join(" && ");
  return problems.length === 0 ? [] : [{ name, problems, repair }];
}

const recordsOf = (text: string, separator = ":"): string[][] => text.split("\n").map((line) => line.split(separator));
