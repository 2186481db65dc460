import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { ErrorCode } from "@oroboros/slot-contract";
import type { SlotIdentity, SlotServer } from "../src/index.ts";

const PROGRAM = fileURLToPath(new URL("act-in-environment.ts", import.meta.url));
type Elsewhere = Readonly<{ host: string; port: number; superuserUrl: (database?: string) => string }>;

export type Answer = Readonly<{
  refused: Record<string, ErrorCode>;
  done: Record<string, unknown>;
  searchPath: string;
  server: string;
}>;
export type Order = Readonly<{
  workerUrl: string;
  identity: SlotIdentity;
  urls: readonly string[];
}>;

/**
 * Acts in a process of its own, whose environment names another server in one of three ways: `elsewhere` fills what a URL leaves
 * out, `beside` changes how any URL is used, `files` leads to both through files.
 */
export async function runInEnvironment(
  kind: "elsewhere" | "beside" | "files",
  production: Elsewhere,
  order: { server: SlotServer; identity: SlotIdentity; targets: readonly { url: string }[] },
): Promise<Answer> {
  const home = await mkdtemp(join(tmpdir(), "oroboros-environment-"));
  try {
    const env = { ...(await environments(home, production))[kind], HOME: home, PATH: process.env["PATH"] ?? "" };
    const workerUrl = order.server.workerUrl;
    const urls = order.targets.map(({ url }) => url);
    const json = JSON.stringify({ workerUrl, identity: order.identity, urls } satisfies Order);
    const argv = ["--conditions=oroboros-source", PROGRAM, json];
    const { stdout } = await promisify(execFile)(process.execPath, argv, { env });
    return JSON.parse(stdout) as Answer;
  } finally {
    await rm(home, { recursive: true });
  }
}

async function environments(home: string, { host, port, superuserUrl }: Elsewhere) {
  const { username, password } = new URL(superuserUrl());
  const service = join(home, ".pg_service.conf");
  const passwords = join(home, ".pgpass");
  await writeFile(service, `[production]\nhost=${host}\nport=${port}\nuser=${username}\npassword=${password}\n`);
  await writeFile(passwords, `*:*:*:*:${password}\n`, { mode: 0o600 });
  return {
    elsewhere: {
      ...{ PGHOST: host, PGHOSTADDR: host, PGPORT: String(port), PGDATABASE: "customers" },
      ...{ PGUSER: username, PGPASSWORD: password, USER: username },
    },
    beside: {
      ...{ PGOPTIONS: "-csearch_path=evil -crole=postgres", PGSSLMODE: "require", PGSSLNEGOTIATION: "direct" },
      ...{ PGREPLICATION: "database", PGCLIENT_ENCODING: "SQL_ASCII", PGCLIENTENCODING: "SQL_ASCII", PGBINARY: "1" },
      ...{ PGAPPNAME: "production", PGTZ: "Mars/Olympus", PGDATESTYLE: "German", PGCONNECT_TIMEOUT: "0" },
      ...{ PGTARGETSESSIONATTRS: "read-write", PGREQUIREAUTH: "none", PGGSSENCMODE: "require" },
    },
    files: { PGSERVICE: "production", PGSERVICEFILE: service, PGSYSCONFDIR: home, PGPASSFILE: passwords },
  };
}
