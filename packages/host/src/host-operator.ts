import { readFile } from "node:fs/promises";
import { OPERATORS_GROUP } from "@oroboros/slot-contract";

/**
 * Whether this user operates the host: root, and who is in the group `oroboros-operators` by `/etc/group`, or by the primary group
 * of an account in `/etc/passwd`. Read anew each time, so that leaving the group takes effect at once.
 */
export async function isHostOperator(uid: number): Promise<boolean> {
  if (uid === 0) return true;
  const [accounts, groups] = await Promise.all([readRecords("/etc/passwd"), readRecords("/etc/group")]);
  // group(5): name:password:gid:members; passwd(5): name:password:uid:gid:…
  const operators = groups.find(([name]) => name === OPERATORS_GROUP);
  if (operators === undefined) return false;
  const [, , gid = "", members = ""] = operators;
  return accounts.some(
    ([name = "", , accountUid, primaryGid]) =>
      accountUid === String(uid) && (primaryGid === gid || members.split(",").includes(name)),
  );
}

/** A host without the file has none of its records. */
async function readRecords(path: string): Promise<string[][]> {
  try {
    const text = await readFile(path, "utf8");
    return text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => line.split(":"));
  } catch {
    return [];
  }
}
