import { execFile } from "node:child_process";
import { constants } from "node:os";
import { fetchWith, type BoxFetch } from "./box-fetch.ts";

const MAX_OUTPUT = 64 * 1024 * 1024;
const TIMEOUT_MS = 120_000;
const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

export interface RunOptions {
  /** Root, if not said. Its groups are those of the box's own /etc/group. */
  readonly user?: string;
  /** The whole environment beside PATH, HOME and LANG. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

export interface Outcome {
  /** 128 and the signal's number, where one ended it. */
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A booted systemd; `await using` ends it. */
export interface Box extends AsyncDisposable {
  /** Its PID 1, as this machine counts. */
  readonly pid: number;
  /** Of the script that removes what is left when this process ends. */
  readonly keeperPid: number;
  /** On this machine; empty of use once the box has ended. */
  readonly directory: string;
  /** Control group controllers that its systemd has: without one, MemoryMax=, TasksMax= or CPUQuota= are kept by nobody. */
  readonly controllers: ReadonlySet<string>;
  /** Runs a command in there and reports how it ended. */
  readonly run: (
    argv: readonly string[],
    options?: RunOptions & { input?: string; timeoutMs?: number },
  ) => Promise<Outcome>;
  /** Runs a command that has to succeed, and returns what it wrote to its standard output. */
  readonly must: (
    argv: readonly string[],
    options?: RunOptions & { input?: string; timeoutMs?: number },
  ) => Promise<string>;
  /** The same as an argv for this machine, for whoever wants the process itself. It ends with the box. */
  readonly argv: (argv: readonly string[], options?: RunOptions) => string[];
  /** An argv for this machine that runs a program of this machine, its files and processes, in the box's network. */
  readonly inNetwork: (argv: readonly string[]) => string[];
  readonly systemctl: (...args: readonly string[]) => Promise<string>;
  /** What a unit and its processes have logged until now. */
  readonly journal: (unit: string) => Promise<string>;
  /** Writes a file, with the directories above it. */
  readonly write: (path: string, text: string, mode?: number, owner?: string) => Promise<void>;
  /** Where this machine finds a file of the box. Links in it lead out of the box: only for files that root made. */
  readonly path: (path: string) => string;
  /** One request from within its network, by curl: no redirect is followed, and `host` names another one than the URL. */
  readonly fetch: BoxFetch;
  readonly stop: () => Promise<void>;
}

export interface BoxParts {
  readonly pid: number;
  readonly keeperPid: number;
  readonly controllers: ReadonlySet<string>;
  readonly network: "none" | "host";
  readonly directory: string;
  readonly stop: () => Promise<void>;
}

export function boxOf({ pid, keeperPid, controllers, network, directory, stop }: BoxParts): Box {
  const enter = ["nsenter", "--target", String(pid), "--mount", "--pid", "--ipc", "--uts", "--cgroup", "--root"];
  const net = network === "none" ? ["--net"] : [];

  const argv: Box["argv"] = (command, { user, env = {}, cwd = "/" } = {}) => [
    ...enter,
    ...net,
    `--wd=/proc/${pid}/root${cwd}`,
    // A first-level bash takes a socket for its standard input for a remote shell, and reads this machine's ~/.bashrc (bash(1)).
    ...["env", "--ignore-environment", `PATH=${PATH}`, "HOME=/root", "LANG=C.UTF-8", "SHLVL=1"],
    ...Object.entries(env).map(([name, value]) => `${name}=${value}`),
    // Ends with the program that entered the namespaces, so that a timeout leaves nothing behind.
    ...["setpriv", "--pdeathsig", "KILL", ...(user === undefined ? [] : asUser(user)), "--", ...command],
  ];
  const run: Box["run"] = (command, { input = "", timeoutMs = TIMEOUT_MS, ...options } = {}) =>
    execute(argv(command, options), input, timeoutMs);
  const must: Box["must"] = async (command, options) => {
    const outcome = await run(command, options);
    if (outcome.exitCode === 0) return outcome.stdout;
    throw new Error(`${command.join(" ")} ended with ${outcome.exitCode}:\n${outcome.stderr}${outcome.stdout}`);
  };
  return {
    pid,
    keeperPid,
    directory,
    controllers,
    run,
    must,
    argv,
    inNetwork: (command) => [...(network === "none" ? ["nsenter", "--target", String(pid), "--net"] : []), ...command],
    systemctl: (...args) => must(["systemctl", ...args]),
    journal: async (unit) => {
      // What was written a moment ago may not have been read by journald yet (journalctl(1)).
      await must(["journalctl", "--sync"]);
      return must(["journalctl", "--no-pager", "--output=cat", `--unit=${unit}`]);
    },
    write: async (path, text, mode = 0o644, owner = "root") => {
      const make = 'mkdir -p "${1%/*}" && cat >"$1" && chown "$3" "$1" && chmod "$2" "$1"';
      await must(["sh", "-c", make, "write", path, mode.toString(8), owner], { input: text });
    },
    path: (path) => `/proc/${pid}/root${path}`,
    fetch: fetchWith(must),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

const asUser = (user: string): string[] => ["--reuid", user, "--regid", user, "--init-groups"];

function execute([program = "", ...args]: readonly string[], input: string, timeoutMs: number): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const options = { maxBuffer: MAX_OUTPUT, timeout: timeoutMs, killSignal: "SIGKILL" } as const;
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      if (error === null) resolve({ exitCode: 0, stdout, stderr });
      else if (typeof error.code === "number") resolve({ exitCode: error.code, stdout, stderr });
      else if (child.signalCode !== null && !child.killed) {
        resolve({ exitCode: 128 + constants.signals[child.signalCode], stdout, stderr });
      } else reject(new Error(`${args.join(" ")} did not end by itself:\n${stderr}${stdout}`, { cause: error }));
    });
    // A program that reads nothing may have ended already.
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(input);
  });
}
