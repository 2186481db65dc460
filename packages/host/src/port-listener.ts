import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { plainText } from "./plain-text.ts";
import { listProcesses } from "./process-table.ts";

export type PortListener = Readonly<{
  uid: number;
  /** Null where the process belongs to another user and we are not root. */
  pid: number | null;
  /** The program's name: its arguments may be another slot's secrets, and whoever runs it may write anything there. */
  command: string;
}>;

const LISTEN = "0A";
const MAX_NAME = 64;
const OF_ANOTHER_USER = "a process of another user";

/** Who listens on a TCP port of this host, on whatever address; undefined where nobody does. */
export function portListener(port: number): PortListener | undefined {
  const socket = listeningSocket(port);
  if (socket === undefined) return undefined;
  const owner = listProcesses().find(({ pid }) => holdsSocket(pid, socket.inode));
  return {
    uid: socket.uid,
    pid: owner?.pid ?? null,
    command: owner === undefined ? OF_ANOTHER_USER : programName(owner.command),
  };
}

/** Of a command line, what can be shown to anybody: the base name of its first word. */
export function programName(commandLine: string): string {
  const [word = ""] = plainText(commandLine).trim().split(/\s/u);
  const name = Array.from(word.slice(word.lastIndexOf("/") + 1))
    .slice(0, MAX_NAME)
    .join("");
  return name === "" ? "a process" : name;
}

function listeningSocket(port: number): { uid: number; inode: string } | undefined {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const rows = ["/proc/self/net/tcp", "/proc/self/net/tcp6"].flatMap((table) => readOrEmpty(table).split("\n"));
  for (const row of rows) {
    // proc(5): sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode
    const [, local, , state, , , , uid, , inode] = row.trim().split(/\s+/);
    if (local?.endsWith(suffix) === true && state === LISTEN && inode !== undefined) return { uid: Number(uid), inode };
  }
  return undefined;
}

/** A host without IPv6 has no such table. */
function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** Processes end while they are looked at, and those of other users can not be looked into: both hold nothing we can tell. */
function holdsSocket(pid: number, inode: string): boolean {
  const directory = `/proc/${pid}/fd`;
  try {
    return readdirSync(directory).some((fd) => readlinkSync(`${directory}/${fd}`) === `socket:[${inode}]`);
  } catch {
    return false;
  }
}
