import { setTimeout as delay } from "node:timers/promises";
import type { Client } from "pg";
import type { DurablePostgres } from "./db-reset-server.ts";
import { timed } from "./db-reset-timed.ts";

const LIVE = "peer_live";
const NEXT = "peer_next";
const OLD = "peer_old";
const COPY = "peer_copy";
const CUSTOM_DUMP = "custom.dump";
const PLAIN_DUMP = "plain.sql";

/** How else a database is brought back to a template. Each is as short as it can be made: no lease, no login, nothing recorded. */
export interface Peers {
  /** Clients of this one are what `swap` ends. */
  liveUrl: string;
  /** Blocks, terminates, renames and opens again; puts the databases back where they were after its time was taken. */
  swap(): Promise<number>;
  clone(strategy: "wal_log" | "file_copy"): Promise<number>;
  pgRestore(): Promise<number>;
  psqlReplay(): Promise<number>;
  drop(): Promise<void>;
}

export async function preparePeers(server: DurablePostgres, superuser: Client, template: string): Promise<Peers> {
  for (const name of [LIVE, NEXT, COPY]) await superuser.query(`create database ${name} template ${template}`);
  await superuser.query(`alter database ${NEXT} allow_connections false`);
  const program = (name: string, args: readonly string[]): Promise<void> => server.client(name, args);
  const liveUrl = server.superuserUrl(LIVE);
  const dump = (...args: string[]): Promise<void> =>
    program("pg_dump", ["--no-owner", "--no-privileges", ...args, liveUrl]);
  await dump("--format", "custom", "--file", CUSTOM_DUMP);
  await dump("--format", "plain", "--file", PLAIN_DUMP);
  const copyUrl = server.superuserUrl(COPY);
  const intoEmpty = (fill: () => Promise<void>): Promise<number> =>
    timed(async () => {
      await recreate(superuser, "template0");
      await fill();
    });
  return {
    liveUrl,
    swap: () => swap(superuser),
    clone: (strategy) => timed(() => recreate(superuser, `${template} strategy ${strategy}`)),
    pgRestore: () =>
      intoEmpty(() => program("pg_restore", ["--no-owner", "--jobs", "2", "--dbname", copyUrl, CUSTOM_DUMP])),
    psqlReplay: () => intoEmpty(() => program("psql", ["-qX", "-v", "ON_ERROR_STOP=1", "-f", PLAIN_DUMP, copyUrl])),
    drop: async () => {
      for (const name of [LIVE, NEXT, COPY]) await superuser.query(`drop database if exists ${name}`);
    },
  };
}

/** Each statement is a transaction of its own, sent over a connection that is open already. */
async function swap(superuser: Client): Promise<number> {
  const took = await timed(async () => {
    await superuser.query(`alter database ${LIVE} allow_connections false`);
    await superuser.query(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${LIVE}'`);
    while (await isInUse(superuser)) await delay(1);
    await superuser.query(`alter database ${LIVE} rename to ${OLD}`);
    await superuser.query(`alter database ${NEXT} rename to ${LIVE}`);
    await superuser.query(`alter database ${LIVE} allow_connections true`);
  });
  await superuser.query(`alter database ${OLD} rename to ${NEXT}`);
  return took;
}

async function isInUse(superuser: Client): Promise<boolean> {
  const { rowCount } = await superuser.query(`select from pg_stat_activity where datname = '${LIVE}' limit 1`);
  return rowCount !== 0;
}

async function recreate(superuser: Client, template: string): Promise<void> {
  await superuser.query(`drop database ${COPY}`);
  await superuser.query(`create database ${COPY} template ${template}`);
}
