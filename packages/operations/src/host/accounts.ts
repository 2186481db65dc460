import { pathAccess, readTextFile } from "@oroboros/host";
import { SYSUSERS_DIRECTORY } from "@oroboros/slot-contract/host";
import type { Directory } from "@oroboros/systemd-gen";

/** Users and groups of this host by name (passwd(5), group(5)). */
export interface Accounts {
  users: Readonly<Record<string, number>>;
  groups: Readonly<Record<string, number>>;
}

export async function readAccounts(): Promise<Accounts> {
  const [users, groups] = await Promise.all(["/etc/passwd", "/etc/group"].map((path) => readTextFile(path)));
  return { users: idsOf(users ?? ""), groups: idsOf(groups ?? "") };
}

/** Both files: name, password, id. */
const idsOf = (text: string): Record<string, number> =>
  Object.fromEntries(
    text.split("\n").flatMap((line) => {
      const [name, , id] = line.split(":");
      return name === undefined || id === undefined ? [] : [[name, Number(id)] as const];
    }),
  );

/** The users and groups of a sysusers.d(5) file that this host has not. */
export function missingAccounts(sysusers: string, { users, groups }: Accounts): string[] {
  return sysusers.split("\n").flatMap((line) => {
    const [type, name] = line.split(" ");
    if (name === undefined || (type !== "u" && type !== "g")) return [];
    const isThere = type === "u" ? users[name] !== undefined : groups[name] !== undefined;
    return isThere ? [] : [name];
  });
}

/** The directories that are missing, or have another owner or mode. */
export function wrongDirectories(directories: readonly Directory[], accounts: Accounts): string[] {
  return directories.filter((directory) => !isRight(directory, accounts)).map(({ path }) => path);
}

function isRight({ path, mode, user, group }: Directory, { users, groups }: Accounts): boolean {
  const access = pathAccess(path);
  return (
    access?.kind === "directory" && access.mode === mode && access.uid === users[user] && access.gid === groups[group]
  );
}

/** What a host's sysusers.d(5) file of ours says. */
export const sysusersOf = (texts: readonly { path: string; text: string }[]): string =>
  texts.find(({ path }) => path.startsWith(`${SYSUSERS_DIRECTORY}/`))?.text ?? "";
