import { setTimeout as delay } from "node:timers/promises";
import { Pool, type Client } from "pg";
import { dataOf, type DataSize } from "./db-reset-data.ts";
import type { Latency, Neighbour } from "./db-reset-neighbour.ts";
import { preparePeers, type Peers } from "./db-reset-peers.ts";
import type { DurablePostgres } from "./db-reset-server.ts";
import type { BenchSlot } from "./db-reset-slot.ts";
import { round } from "./result.ts";

/** The slot's backend, when it is still there. */
const CLIENTS = 10;
const QUIET_MS = 5_000;

export interface Arena {
  server: DurablePostgres;
  superuser: Client;
  slot: BenchSlot;
  neighbour: Neighbour;
  say: (line: string) => void;
  /** Whether there is time for no more rounds than one. */
  isLate: () => boolean;
}

export interface Rounds {
  warm: number;
  cold: number;
  clones: number;
  restores: number;
  /** Resets while the neighbour works; 0 leaves that out. */
  besideNeighbour: number;
}

/** Milliseconds, of several rounds where there were several. */
export interface Measured {
  name: string;
  bytes: number;
  fenced: number[];
  bare: number[];
  fencedInUse: number[];
  bareInUse: number[];
  cold: number[];
  template: number;
  walLog: number[];
  fileCopy: number[];
  pgRestore: number[];
  psqlReplay: number[];
  neighbour: { quiet: Latency; disturbed: Latency; resets: number } | undefined;
}

export async function measureSize(arena: Arena, size: DataSize, rounds: Rounds): Promise<Measured> {
  const { server, superuser, slot, say } = arena;
  const source = dataOf(size);
  const { database, tookMs: template } = await slot.buildTemplate(source);
  const bytes = await sizeOf(superuser, database);
  say(`${size.name}: a template of ${round(bytes / 1_000_000, 1)} MB in ${round(template, 0)} ms`);
  const peers = await preparePeers(server, superuser, database);
  try {
    return {
      name: size.name,
      bytes,
      template,
      ...(await swaps(arena, peers, size, rounds.warm)),
      cold: await times(arena, rounds.cold, () => settled(arena, () => slot.reset(source, { warm: false }))),
      walLog: await times(arena, rounds.clones, () => peers.clone("wal_log")),
      fileCopy: await times(arena, rounds.clones, () => peers.clone("file_copy")),
      pgRestore: await times(arena, rounds.restores, peers.pgRestore),
      psqlReplay: await times(arena, rounds.restores, peers.psqlReplay),
      neighbour: await disturb(arena, size, rounds.besideNeighbour),
    };
  } finally {
    await peers.drop();
  }
}

type Swaps = Pick<Measured, "fenced" | "bare" | "fencedInUse" | "bareInUse">;

/** By turns, because the disk's mood changes. The first round, which opens connections and compiles, does not count. */
async function swaps(arena: Arena, peers: Peers, size: DataSize, rounds: number): Promise<Swaps> {
  const { slot, say } = arena;
  const seen: Swaps = { fenced: [], bare: [], fencedInUse: [], bareInUse: [] };
  for (let index = 0; index <= rounds && !(index > 1 && arena.isLate()); index += 1) {
    const one = {
      fenced: await warmReset(arena, size, (reset) => reset()),
      bare: await settled(arena, peers.swap),
      fencedInUse: await warmReset(arena, size, async (reset) => inUse(await slot.url(), reset)),
      bareInUse: await settled(arena, () => inUse(peers.liveUrl, peers.swap)),
    };
    const names = Object.keys(seen) as (keyof Swaps)[];
    say(`${size.name} round ${index}: ${names.map((name) => `${name} ${round(one[name])} ms`).join(", ")}`);
    if (index > 0) for (const name of names) seen[name].push(one[name]);
  }
  return seen;
}

type Timed = () => Promise<number>;

async function warmReset(arena: Arena, size: DataSize, within: (reset: Timed) => Promise<number>): Promise<number> {
  const source = dataOf(size);
  await arena.slot.prepareSpare(source);
  return settled(arena, () => within(() => arena.slot.reset(source, { warm: true })));
}

/** Nobody pays for what somebody else has written before and the server has yet to flush. */
async function settled(arena: Arena, act: Timed): Promise<number> {
  await arena.superuser.query("checkpoint");
  return act();
}

/** With the connections of a backend that was not stopped. */
async function inUse(url: string, act: Timed): Promise<number> {
  const pool = new Pool({ connectionString: url, max: CLIENTS });
  pool.on("error", () => undefined);
  const clients = await Promise.all(Array.from({ length: CLIENTS }, () => pool.connect()));
  for (const client of clients) client.release();
  try {
    return await act();
  } finally {
    await pool.end();
  }
}

async function times({ isLate }: Arena, rounds: number, act: Timed): Promise<number[]> {
  const seen: number[] = [];
  for (let index = 0; index < rounds && !(index > 0 && isLate()); index += 1) seen.push(await act());
  return seen;
}

async function disturb(arena: Arena, size: DataSize, rounds: number): Promise<Measured["neighbour"]> {
  const { slot, neighbour, say, isLate } = arena;
  if (rounds === 0 || isLate()) return undefined;
  const source = dataOf(size);
  const quiet = await neighbour.during(() => delay(QUIET_MS));
  let resets = 0;
  const disturbed = await neighbour.during(async () => {
    const seen = await times(arena, rounds, async () => {
      await slot.prepareSpare(source);
      return slot.reset(source, { warm: true });
    });
    resets = seen.length;
  });
  say(`${size.name}: a neighbour's p99 ${round(quiet.p99Ms)} ms, beside ${resets} resets ${round(disturbed.p99Ms)} ms`);
  return { quiet, disturbed, resets };
}

async function sizeOf(superuser: Client, database: string): Promise<number> {
  const { rows } = await superuser.query<{ bytes: string }>("select pg_database_size($1) as bytes", [database]);
  return Number(rows[0]?.bytes);
}
