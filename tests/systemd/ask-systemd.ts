import type { Box } from "@oroboros/test-support";

/** One thing that somebody may ask of systemd, as a command line. */
export type Request = readonly string[];

export interface Answer {
  readonly request: Request;
  /** `refused` by polkit or systemd; `impossible` where there is nothing that could be asked about, so nobody decided. */
  readonly is: "done" | "refused" | "impossible";
  readonly said: string;
}

const REFUSED =
  /access denied|authentication required|not authorized|permission denied|operation not permitted|may not be isolated/i;
const IMPOSSIBLE =
  /not loaded|not found|not available|no such file|does not exist|invalid|neither a valid|not a valid|not supported|missing the instance|not enabled|no files found|unknown assignment/i;

// All of them by one shell: to enter the box takes as long as to ask. Its standard input is the list of the requests, not the requests'.
const ASK_ALL = `
  while IFS= read -r -d '' line; do
    eval "set -- $line"
    said="$(timeout --signal=KILL 120 "$@" 2>&1 </dev/null)"
    printf '%s\\0%s\\0' "$?" "$said"
  done`;

/** Asks as a user of the box, one after the other. */
export async function askSystemd(box: Box, user: string, requests: readonly Request[]): Promise<Answer[]> {
  const input = requests.map((request) => `${request.map(shellWord).join(" ")}\0`).join("");
  const fields = (await box.must(["bash", "-c", ASK_ALL], { user, input, timeoutMs: 300_000 })).split("\0");
  return requests.map((request, index) => {
    const said = fields[2 * index + 1] ?? "";
    return { request, is: fields[2 * index] === "0" ? "done" : judged(said), said };
  });
}

function judged(said: string): Answer["is"] {
  if (REFUSED.test(said)) return "refused";
  return IMPOSSIBLE.test(said) ? "impossible" : "done";
}

const shellWord = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

const systemctl = (...args: string[]): Request => ["systemctl", "--no-ask-password", "--no-block", ...args];
const SYSTEMD = ["org.freedesktop.systemd1", "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager"];
const manager = (method: string, ...args: string[]): Request => ["busctl", "call", ...SYSTEMD, method, ...args];

/** What may be asked about one unit, by the verb that says it. */
export const UNIT_REQUESTS: Readonly<Record<string, (unit: string) => Request>> = {
  start: (unit) => systemctl("start", "--", unit),
  stop: (unit) => systemctl("stop", "--", unit),
  restart: (unit) => systemctl("restart", "--", unit),
  reload: (unit) => systemctl("reload", "--", unit),
  "try-restart": (unit) => systemctl("try-restart", "--", unit),
  "reload-or-restart": (unit) => systemctl("reload-or-restart", "--", unit),
  isolate: (unit) => systemctl("isolate", "--", unit),
  kill: (unit) => systemctl("kill", "--", unit),
  "reset-failed": (unit) => systemctl("reset-failed", "--", unit),
  "set-property": (unit) => systemctl("set-property", "--runtime", "--", unit, "CPUWeight=1"),
  freeze: (unit) => systemctl("freeze", "--", unit),
  thaw: (unit) => systemctl("thaw", "--", unit),
  clean: (unit) => systemctl("clean", "--", unit),
  bind: (unit) => systemctl("bind", "--", unit, "/etc/shadow", "/tmp"),
  enable: (unit) => systemctl("enable", "--", unit),
  disable: (unit) => systemctl("disable", "--", unit),
  mask: (unit) => systemctl("mask", "--runtime", "--", unit),
  "add-wants": (unit) => systemctl("add-wants", "multi-user.target", "--", unit),
  "by a signal": (unit) => manager("KillUnit", "ssi", unit, "all", "9"),
  "restart by a job": (unit) => manager("EnqueueUnitJob", "sss", unit, "restart", "replace"),
  "properties by a call": (unit) => manager("SetUnitProperties", "sba(sv)", unit, "true", "1", "CPUWeight", "t", "1"),
};

/** What may be asked of the manager, or of a unit that is made for it. */
export const MANAGER_REQUESTS: readonly Request[] = [
  ...[
    "daemon-reload",
    "daemon-reexec",
    "rescue",
    "emergency",
    "default",
    "halt",
    "poweroff",
    "reboot",
    "kexec",
    "exit",
  ].map((verb) => systemctl(verb)),
  systemctl("set-environment", "LD_PRELOAD=/tmp/x.so"),
  systemctl("unset-environment", "PATH"),
  systemctl("import-environment", "PATH"),
  systemctl("set-default", "rescue.target"),
  systemctl("log-level", "debug"),
  systemctl("service-watchdogs", "no"),
  systemctl("cancel"),
  systemctl("link", "/tmp/mine.service"),
  systemctl("preset-all"),
  systemctl("switch-root", "/tmp"),
  ["systemd-run", "--no-ask-password", "--no-block", "id"],
  ["systemd-run", "--no-ask-password", "--no-block", "--uid=0", "id"],
  ["systemd-run", "--no-ask-password", "--scope", "id"],
  manager("StartTransientUnit", "ssa(sv)a(sa(sv))", "mine.service", "replace", "1", "Description", "s", "mine", "0"),
  // A unit's name that the rule knows does not make a transient one ours.
  manager(
    "StartTransientUnit",
    "ssa(sv)a(sa(sv))",
    "ouroboros-step-build@preview1.service",
    "replace",
    "1",
    "Description",
    "s",
    "x",
    "0",
  ),
  manager("AttachProcessesToUnit", "ssau", "dbus.service", "/", "0"),
  manager("SetShowStatus", "s", "no"),
  manager("Reboot"),
  ["hostnamectl", "--no-ask-password", "set-hostname", "mine"],
  ["timedatectl", "--no-ask-password", "set-time", "2000-01-01"],
  ["localectl", "--no-ask-password", "set-locale", "C"],
];
