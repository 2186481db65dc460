import { OperatorError } from "@oroboros/slot-contract";
import { sql, type RawBuilder } from "kysely";
import type { Session } from "./session.ts";
import type { SlotServer } from "./slot-server.ts";

const MEGABYTE = 1024 * 1024;
/** Below it a copy through the WAL is faster than the two checkpoints that copying files needs. */
const SMALL_BYTES = 100 * MEGABYTE;
/** The server itself goes on writing while a copy is made, and a full disk stops all of its databases. */
const RESERVE_BYTES = 512 * MEGABYTE;
/** Has `file_copy_method`, which a server whose file system can share blocks sets to `clone`. */
const CLONING_VERSION = 180_000;

/** How `CREATE DATABASE` copies: see https://www.postgresql.org/docs/current/sql-createdatabase.html */
export type CopyStrategy = "wal_log" | "file_copy";

/** What is known of a copy before it is made. */
export interface CopyFacts {
  bytes: number;
  serverVersion: number;
  fileCopyMethod: string | null;
}

/** A copy that shares blocks costs the same at any size, and one through the WAL writes everything twice. */
export function chooseStrategy({ bytes, serverVersion, fileCopyMethod }: CopyFacts): CopyStrategy {
  if (serverVersion >= CLONING_VERSION && fileCopyMethod === "clone") return "file_copy";
  return bytes < SMALL_BYTES ? "wal_log" : "file_copy";
}

/** How much of the disk the copy takes while it is made. */
export function bytesNeeded(facts: CopyFacts): number {
  return RESERVE_BYTES + facts.bytes * (chooseStrategy(facts) === "wal_log" ? 2 : 1);
}

/**
 * Makes a database that is a copy of another, to which nobody can connect.
 *
 * @param copy.bytes its size, for one that the owner of the session may not ask about.
 * @throws OperatorError `disk_full` where it would not fit; nothing was made.
 */
export async function copyDatabase(
  owner: Session,
  { server, from, to, bytes }: { server: Pick<SlotServer, "freeBytes">; from: string; to: string; bytes?: string },
): Promise<void> {
  const facts = await observe(owner, from, bytes);
  await requireSpace(server, { facts, from, to });
  await owner.run(
    sql`create database ${sql.id(to)} template ${sql.id(from)} strategy ${strategy(facts)} allow_connections false`,
  );
}

const strategy = (facts: CopyFacts): RawBuilder<unknown> => sql.raw(chooseStrategy(facts));

async function observe(owner: Session, database: string, bytes?: string): Promise<CopyFacts> {
  const size = bytes === undefined ? sql`pg_catalog.pg_database_size(${database}::name)` : sql`${bytes}`;
  const [row] = await owner.run(sql<{ bytes: string; version: string; method: string | null }>`
    select ${size}::text as bytes,
      pg_catalog.current_setting('server_version_num') as version,
      pg_catalog.current_setting('file_copy_method', true) as method`);
  if (row === undefined) throw new Error("a select without a from has one row");
  return { bytes: Number(row.bytes), serverVersion: Number(row.version), fileCopyMethod: row.method };
}

async function requireSpace(
  { freeBytes }: Pick<SlotServer, "freeBytes">,
  { facts, from, to }: { facts: CopyFacts; from: string; to: string },
): Promise<void> {
  const free = await freeBytes?.();
  const needed = bytesNeeded(facts);
  if (free === undefined || free >= needed) return;
  throw new OperatorError(
    "disk_full",
    `A copy of ${from} as ${to} needs ${inMegabytes(needed)} of the disk, of which ${inMegabytes(free)} are free.`,
    {
      hint: "Nothing was changed. Make room on the disk of PostgreSQL's data directory, and see what is large with: df -h",
    },
  );
}

const inMegabytes = (bytes: number): string => `${Math.round(bytes / MEGABYTE)} MB`;
