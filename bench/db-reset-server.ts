import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chown, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { eventually, freePort, queryRows } from "@oroboros/test-support";
import { installPeer } from "./install-peer.ts";

/** Where Debian's package puts them, which the tests need too. */
const PACKAGE = "postgresql-15";
const BINARIES = "/usr/lib/postgresql/15/bin";
const PASSWORD = "bench-superuser";
/** Debian's `nobody`: PostgreSQL does not run as root. */
const NOBODY = 65_534;
/** On a disk: /tmp may be memory. */
const PLACE = process.env["TMPDIR"] ?? "/var/tmp";

/** A PostgreSQL of its own, with the settings that initdb chooses: a commit is on the disk when it is answered. */
export interface DurablePostgres extends AsyncDisposable {
  port: number;
  /** For dumps and logs; it goes with the server, and nobody but the server's user may write elsewhere. */
  directory: string;
  superuserUrl: (database?: string) => string;
  /** Runs one of its client programs, in `directory`. */
  client: (name: string, args: readonly string[]) => Promise<void>;
}

export async function startDurablePostgres(say: (line: string) => void): Promise<DurablePostgres> {
  installPeer(PACKAGE, say, join(BINARIES, "postgres"));
  await using undo = new AsyncDisposableStack();
  const directory = await mkdtemp(join(PLACE, "oroboros-bench-"));
  undo.defer(() => rm(directory, { recursive: true, force: true, maxRetries: 3 }));
  const data = join(directory, "data");
  const run = (name: string, args: readonly string[]): Promise<unknown> => {
    const [file, ...rest] = unprivileged([join(BINARIES, name), ...args]);
    return promisify(execFile)(file, rest, { cwd: directory, env: { PATH: "/usr/bin:/bin" } });
  };
  await initialize(directory, (args) => run("initdb", ["--pgdata", data, ...args]));
  const port = await freePort();
  const superuserUrl = (database = "postgres"): string =>
    `postgresql://postgres:${PASSWORD}@127.0.0.1:${port}/${database}`;
  undo.defer(await start(["-D", data, "-h", "127.0.0.1", "-p", String(port), "-k", directory], directory));
  await eventually(() => queryRows(superuserUrl(), "select 1"), { deadlineMs: 30_000 });
  const scope = undo.move();
  return {
    port,
    directory,
    superuserUrl,
    client: async (name, args) => void (await run(name, args)),
    [Symbol.asyncDispose]: () => scope.disposeAsync(),
  };
}

async function initialize(directory: string, initdb: (args: string[]) => Promise<unknown>): Promise<void> {
  const passwordFile = join(directory, "password");
  await writeFile(passwordFile, PASSWORD);
  if (process.getuid?.() === 0) {
    for (const path of [directory, passwordFile]) await chown(path, NOBODY, NOBODY);
  }
  await initdb([
    ...["--username", "postgres", "--pwfile", passwordFile, "--auth", "scram-sha-256"],
    ...["--encoding", "UTF8", "--locale", "C.UTF-8"],
  ]);
}

/** Returns what stops it. It goes with this process, should that not get to it. */
async function start(args: readonly string[], cwd: string): Promise<() => Promise<void>> {
  const [file, ...rest] = unprivileged([join(BINARIES, "postgres"), ...args]);
  const child = spawn(file, rest, { cwd, stdio: "ignore", env: { PATH: "/usr/bin:/bin" } });
  await once(child, "spawn");
  return async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGINT");
    await exited;
  };
}

function unprivileged(command: readonly string[]): [string, ...string[]] {
  const user = process.getuid?.() === 0 ? [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"] : [];
  return ["setpriv", ...user, "--pdeathsig=INT", "--", ...command];
}
