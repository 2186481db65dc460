import { readdir, readFile, readlink } from "node:fs/promises";

const LISTENING = "0A";

export type PortHolder = Readonly<{ pid: number; command: string }>;

/** The process that listens on a TCP port; undefined where there is none or this user may not see it. */
export async function findPortHolder(port: number): Promise<PortHolder | undefined> {
  const sockets = new Set((await listeningInodes(port)).map((inode) => `socket:[${inode}]`));
  if (sockets.size === 0) return undefined;
  const pids = (await readdir("/proc")).filter((name) => /^[0-9]+$/.test(name));
  for (const pid of pids) {
    if ((await openFiles(pid)).some((file) => sockets.has(file)))
      return { pid: Number(pid), command: await commandOf(pid) };
  }
  return undefined;
}

async function listeningInodes(port: number): Promise<string[]> {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const tables = await Promise.all(["tcp", "tcp6"].map((name) => readOrEmpty(`/proc/self/net/${name}`)));
  return tables
    .flatMap((table) => table.split("\n"))
    .map((line) => line.trim().split(/\s+/))
    .filter((row) => row[1]?.endsWith(suffix) === true && row[3] === LISTENING)
    .map((row) => row[9] ?? "");
}

async function openFiles(pid: string): Promise<string[]> {
  const folder = `/proc/${pid}/fd`;
  const names = await readdir(folder).catch(() => []);
  return Promise.all(names.map((name) => readlink(`${folder}/${name}`).catch(() => "")));
}

async function commandOf(pid: string): Promise<string> {
  return (await readOrEmpty(`/proc/${pid}/cmdline`)).split("\0").join(" ").trim();
}

/** Processes come and go while `/proc` is read, and other users' are closed to us: what can not be read is empty. */
const readOrEmpty = (path: string): Promise<string> => readFile(path, "utf8").catch(() => "");
