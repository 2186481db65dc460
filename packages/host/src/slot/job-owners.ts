import { readFileSync } from "node:fs";
import { WORKER_USER } from "@oroboros/slot-contract/host";
import { accountOf } from "../accounts.ts";

const ROOT = 0;

/**
 * Who may have written a job that this process is to carry out, as the process sees them: with `PrivateUsers=` everybody but root and
 * its own user looks the same (user_namespaces(7)). Its own user is never one of them.
 */
export function jobOwnersHere(): number[] {
  const worker = accountOf(WORKER_USER).uid;
  return isMapped(worker) ? [ROOT, worker] : [ROOT, Number(readFileSync("/proc/sys/kernel/overflowuid", "utf8"))];
}

function isMapped(uid: number): boolean {
  const rows = readFileSync("/proc/self/uid_map", "utf8").trim().split("\n");
  return rows.some((row) => {
    const [first = 0, , count = 0] = row.trim().split(/\s+/).map(Number);
    return uid >= first && uid < first + count;
  });
}
