import { execFile } from "node:child_process";
import { chown, statfs, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Client } from "pg";
import { eventually } from "./eventually.ts";
import { freePort } from "./free-port.ts";
import { requireBinary, startServer, unprivileged, UNPRIVILEGED_UID, type ServerProcess } from "./start-server.ts";
import { makeTempDir, removeDir } from "./temp-dir.ts";

const BINARIES = "/usr/lib/postgresql/15/bin";
const PASSWORD = "test-superuser";
const START_ATTEMPTS = 3;
const MEMORY = "/dev/shm";
const MEMORY_WANTED = 4 * 1024 ** 3;

export interface TestPostgres {
  readonly host: string;
  readonly port: number;
  readonly superuserUrl: (database?: string) => string;
  /** What it has logged so far; by default little more than errors. */
  readonly log: () => string;
  readonly stop: () => Promise<void>;
}

/** A real PostgreSQL 15 of its own on a free port, with nothing of the machine's own server in it. */
export async function startPostgres(): Promise<TestPostgres> {
  requireBinary(join(BINARIES, "postgres"));
  const directory = await makeTempDir(await whereFilesAreCheap());
  const data = await initialize(directory);
  const { server, port } = await startOnFreePort(directory, data);
  return {
    host: "127.0.0.1",
    port,
    superuserUrl: (database = "postgres") => superuserUrl(port, database),
    log: () => server.output(),
    stop: async () => {
      await server.stop();
      await removeDir(directory);
    },
  };
}

/** Most of what a kernel does for these tests is to make and delete a server's files, unless they lie in memory (shm_overview(7)). */
async function whereFilesAreCheap(): Promise<string> {
  const { bavail, bsize } = await statfs(MEMORY).catch(() => ({ bavail: 0, bsize: 0 }));
  return process.env["TMPDIR"] === undefined && bavail * bsize > MEMORY_WANTED ? MEMORY : tmpdir();
}

async function initialize(directory: string): Promise<string> {
  const data = join(directory, "data");
  const passwordFile = join(directory, "password");
  await writeFile(passwordFile, PASSWORD);
  if (process.getuid?.() === 0) {
    for (const path of [directory, passwordFile]) await chown(path, UNPRIVILEGED_UID, UNPRIVILEGED_UID);
  }
  const [file, ...args] = unprivileged([
    join(BINARIES, "initdb"),
    ...["--pgdata", data, "--username", "postgres", "--pwfile", passwordFile, "--auth", "scram-sha-256"],
    ...["--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"],
  ]);
  await promisify(execFile)(file, args, { cwd: directory });
  return data;
}

async function startOnFreePort(directory: string, data: string): Promise<{ server: ServerProcess; port: number }> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    const server = startServer(serverCommand(directory, data, port), directory);
    await eventually(() => server.hasExited() || answers(port), { deadlineMs: 60_000 });
    if (!server.hasExited()) return { server, port };
    if (attempt === START_ATTEMPTS) throw new Error(`PostgreSQL did not start:\n${server.output()}`);
  }
}

function serverCommand(directory: string, data: string, port: number): string[] {
  // Durability is what these tests never need, and what makes them slow.
  const settings = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=300"];
  return [
    join(BINARIES, "postgres"),
    ...["-D", data, "-h", "127.0.0.1", "-p", String(port), "-k", directory],
    ...settings.flatMap((setting) => ["-c", setting]),
  ];
}

async function answers(port: number): Promise<boolean> {
  const client = new Client({ connectionString: superuserUrl(port, "postgres") });
  client.on("error", () => undefined);
  await client.connect();
  await client.end();
  return true;
}

function superuserUrl(port: number, database: string): string {
  return `postgresql://postgres:${PASSWORD}@127.0.0.1:${port}/${database}`;
}
