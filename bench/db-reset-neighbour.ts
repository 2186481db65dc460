import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "@oroboros/test-support";
import type { Client } from "pg";
import type { DurablePostgres } from "./db-reset-server.ts";

const DATABASE = "neighbour";
const SCALE = 10;
const CLIENTS = 4;
/** Well below what the server can do, so that what is seen is the reset and not a queue of its own. */
const TRANSACTIONS_A_SECOND = 100;
const LOG = "neighbour";
/** It is ended before. */
const LONGEST_SECONDS = 3_600;

export interface Latency {
  p50Ms: number;
  p99Ms: number;
}

/** Another application on the same server: pgbench's own database and transactions, at a constant rate. */
export interface Neighbour {
  /** How long its transactions take, from when each was due, while `act` runs. */
  during(act: () => Promise<unknown>): Promise<Latency>;
}

export async function moveIn(server: DurablePostgres, superuser: Client): Promise<Neighbour> {
  const url = server.superuserUrl(DATABASE);
  await superuser.query(`create database ${DATABASE}`);
  await server.client("pgbench", ["--initialize", "--quiet", "--scale", String(SCALE), url]);
  return { during: (act) => during(server, superuser, { url, act }) };
}

async function during(
  server: DurablePostgres,
  superuser: Client,
  { url, act }: { url: string; act: () => Promise<unknown> },
): Promise<Latency> {
  const running = server
    .client("pgbench", [
      ...["--no-vacuum", "--client", String(CLIENTS), "--rate", String(TRANSACTIONS_A_SECOND)],
      ...["--time", String(LONGEST_SECONDS), "--log", "--log-prefix", LOG, url],
    ])
    // Losing its connections is how it ends.
    .catch((error: unknown) => String(error));
  await eventually(async () => (await sessions(superuser, "count(*)")) === CLIENTS, { deadlineMs: 10_000 });
  const from = Date.now();
  try {
    await act();
  } finally {
    await sessions(superuser, "count(pg_terminate_backend(pid))");
  }
  const said = await running;
  const latencies = takeLog(server.directory, from);
  if (latencies.length === 0) throw new Error(`pgbench finished no transaction: ${said ?? ""}`);
  return { p50Ms: quantile(latencies, 0.5), p99Ms: quantile(latencies, 0.99) };
}

async function sessions(superuser: Client, what: string): Promise<number> {
  const { rows } = await superuser.query<{ n: string }>(
    `select ${what} as n from pg_stat_activity where datname = '${DATABASE}' and application_name = 'pgbench'`,
  );
  return Number(rows[0]?.n);
}

/** A line is: client, number, latency in microseconds from when it was due, script, seconds, microseconds, lag. */
function takeLog(directory: string, from: number): number[] {
  const files = readdirSync(directory).filter((name) => name.startsWith(`${LOG}.`));
  const lines = files.flatMap((name) => readFileSync(join(directory, name), "utf8").split("\n"));
  for (const name of files) rmSync(join(directory, name));
  return lines
    .map((line) => line.split(" ").map(Number))
    .filter(([, , , , seconds = 0, microseconds = 0]) => seconds * 1_000 + microseconds / 1_000 >= from)
    .map(([, , latency = Number.NaN]) => latency / 1_000);
}

const quantile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN;
