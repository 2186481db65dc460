import { readTextFile } from "@oroboros/host";

export interface Account {
  name: string;
  uid: number;
  gid: number;
  shell: string;
}

export interface AccountFacts {
  users: readonly Account[];
  /** Who is in a group beside those whose own it is. */
  groups: readonly { name: string; gid: number; members: readonly string[] }[];
}

export async function observeAccounts(): Promise<AccountFacts> {
  const [passwd, group] = await Promise.all(["/etc/passwd", "/etc/group"].map((path) => readTextFile(path)));
  return parseAccounts(passwd ?? "", group ?? "");
}

/** passwd(5), group(5). */
export function parseAccounts(passwd: string, group: string): AccountFacts {
  const users = rows(passwd).map(([name = "", , uid, gid, , , shell = ""]) => ({
    name,
    uid: Number(uid),
    gid: Number(gid),
    shell,
  }));
  const groups = rows(group).map(([name = "", , gid, members = ""]) => ({
    name,
    gid: Number(gid),
    members: members.split(",").filter((member) => member !== ""),
  }));
  return { users, groups };
}

const rows = (text: string): string[][] =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split(":"));
