import { execFileSync } from "node:child_process";
import {
  linkSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import type { Attempt, Victims } from "./probe.ts";

const READ = [
  "/etc/shadow",
  "/etc/oroboros/api.env",
  "/etc/oroboros/worker.env",
  "/etc/oroboros/contract.json",
  "/proc/kcore",
  "/dev/kmsg",
];
const LIST = [
  ...[
    "/etc/oroboros",
    "/srv/oroboros/artifacts",
    "/srv/oroboros/shared/surfaces",
    "/var/lib/oroboros/snapshots",
    "/var/lib/redis",
  ],
  ...[
    "/run/oroboros/outcomes",
    "/run/oroboros/epochs",
    "/run/oroboros/caddy",
    "/run/systemd/journal",
    "/run/log/journal",
    "/var/log/oroboros",
  ],
  ...["/root", "/home", "/var/lib/postgresql", "/run/credentials", "/run/user"],
];
const WRITE = [
  ...[
    "/srv/oroboros",
    "/srv/oroboros/repo",
    "/srv/oroboros/worktrees",
    "/srv/oroboros/releases",
    "/srv/oroboros/current/apps",
  ],
  ...[
    "/var/cache/oroboros/packages",
    "/var/lib/oroboros",
    "/var/lib/oroboros/slots",
    "/var/log/oroboros/steps",
    "/run",
    "/run/oroboros",
  ],
  ...[
    "/etc",
    "/usr/bin",
    "/opt",
    "/var/lib",
    "/var/log",
    "/dev",
    "/sys/fs/cgroup",
    "/proc/sys/kernel",
    "/etc/systemd/system",
    "/root",
  ],
];

/** Files of the host and of other slots, and the processes behind `/proc`. */
export function attemptsAtFiles({ pid, slot }: Victims): Record<string, Attempt> {
  const own = process.env["SLOT_ID"] ?? "";
  const own_directory = `/srv/oroboros/worktrees/${own}.d`;
  return {
    ...all("read", READ, (path) => readFileSync(path).length),
    ...all("list", [...LIST, ...dirsOf(slot)], (path) => readdirSync(path).join(" ")),
    ...all("write in", [...WRITE, ...dirsOf(slot), `/run/oroboros/slots/${own}`], (path) =>
      writeFileSync(`${path}/probe`, "mine"),
    ),
    "write over its own log": () => openSync(`/var/log/oroboros/preview-backend/${own}.log`, "r+"),
    "write over its own job": () => openSync(`/run/oroboros/slots/${own}/victims.json`, "r+"),
    "change a kernel setting": () => writeFileSync("/proc/sys/kernel/core_pattern", "|/tmp/x"),
    "see processes of others": () => processesOfOthers(),
    "read another's environment": () => readFileSync(`/proc/${pid}/environ`, "utf8"),
    "link a file of root's into its own directory": () => linkSync("/etc/shadow", `${own_directory}/shadow`),
    "read through a link of its own": () => readThroughLink(`${own_directory}/link`),
    "run a program that becomes root": () =>
      execFileSync("/usr/bin/su", ["-c", "id"], { stdio: "pipe", timeout: 5_000 }),
    "ask systemd": () => execFileSync("systemctl", ["start", "rescue.target"], { stdio: "pipe", timeout: 5_000 }),
    "read the journal": () => readdirSync("/run/log/journal"),
    "open a disk": () => openSync("/dev/vda", "r"),
  };
}

const dirsOf = (slot: string): string[] => [
  `/srv/oroboros/worktrees/${slot}.d`,
  `/var/lib/oroboros/slots/${slot}`,
  `/run/oroboros/slots/${slot}`,
];

const all = (verb: string, paths: readonly string[], attempt: (path: string) => unknown): Record<string, Attempt> =>
  Object.fromEntries(paths.map((path) => [`${verb} ${path}`, () => attempt(path)]));

function processesOfOthers(): string {
  const uid = process.getuid?.();
  const others = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && ownerOf(`/proc/${name}`) !== uid);
  if (others.length === 0) throw Object.assign(new Error("none is seen"), { code: "ENOENT" });
  return others.join(" ");
}

/** Its own where it has ended meanwhile: that is nobody else's. */
const ownerOf = (process_: string): number | undefined =>
  statSync(process_, { throwIfNoEntry: false })?.uid ?? process.getuid?.();

function readThroughLink(link: string): string {
  symlinkSync("/etc/oroboros/api.env", link);
  try {
    return readFileSync(link, "utf8");
  } finally {
    unlinkSync(link);
  }
}
