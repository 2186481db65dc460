import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import {
  acquireMaintenanceLease,
  openControlStore,
  RENEW_LEASE,
  renewLease,
  type LeaseRef,
  type Store,
} from "@oroboros/control-store";
import { parseEnvFile, slotIds } from "@oroboros/slot-contract";
import { startRuntime, tinyApp } from "@oroboros/test-runtime";
import { eventually } from "@oroboros/test-support";
import { pgbenchRate } from "./pgbench-rate.ts";
import { median, round, type Bench, type BenchResult } from "./result.ts";

const PORT_OFFSET = 7000;
const TARGET = 0.95;
const TTL_SECONDS = 600;
/** A holder for each slot of an installation: as many as renew at the same time. */
const CLIENTS = 3;
/** Of each client in a round. The disk's mood changes from one second to the next, so rounds are short and many. */
const RENEWALS = 400;

/** The first round of a client finds out its slot; then it does nothing but what we do. */
const SCRIPT = `\\if :ready = 0
select slot_id as slot, lease_epoch as epoch from slot_leases where slot_number = :client_id + 1 \\gset
\\set ready 1
\\endif
${RENEW_LEASE.text.replaceAll("\n", " ").replace("$1", `${TTL_SECONDS}`).replace("$2", ":slot").replace("$3", ":epoch")};
`;

interface Arena {
  store: Store;
  leases: readonly LeaseRef[];
  url: string;
  script: string;
  rounds: number;
  say: (line: string) => void;
}

/**
 * Renewals a second of `renewLease` through the store's pool, against pgbench with the same statement, prepared too, on the same
 * server and rows with as many clients, by turns: on an installation's own PostgreSQL, as its worker, each commit flushed to disk.
 * Once more with one client, and once without waiting for the disk. These have no target: they tell what a client in Node costs.
 */
export const benchLeaseHeartbeat: Bench = async ({ quick, say }) => {
  const directory = mkdtempSync(join(tmpdir(), "oroboros-bench-"));
  const script = join(directory, "renew.sql");
  writeFileSync(script, SCRIPT);
  const runtime = await startRuntime({ portOffset: PORT_OFFSET, main: tinyApp() });
  try {
    const url = parseEnvFile(readFileSync(join(runtime.root, "etc/oroboros/worker.env"), "utf8"))["DATABASE_URL"] ?? "";
    const arena = { script, rounds: quick ? 15 : 60, say };
    const leases = await withStore(url, say, holdEverySlot);
    const unflushed = `${url}?options=${encodeURIComponent("-c synchronous_commit=off")}`;
    const measure = (clients: number, at: string): Promise<Compared> =>
      withStore(at, say, (store) => compare({ ...arena, store, leases, url: at }, clients));
    return report(
      { all: await measure(CLIENTS, url), one: await measure(1, url), unflushed: await measure(CLIENTS, unflushed) },
      { rounds: arena.rounds, quick },
    );
  } finally {
    await runtime.stop();
    rmSync(directory, { recursive: true, force: true });
  }
};

async function withStore<T>(url: string, say: (line: string) => void, act: (store: Store) => Promise<T>): Promise<T> {
  const control = openControlStore({ databaseUrl: url, onError: (error) => say(String(error)) });
  try {
    return await act(control.db);
  } finally {
    await control.close();
  }
}

/** As soon as the worker has made the idle slots. */
function holdEverySlot(store: Store): Promise<LeaseRef[]> {
  const slots = slotIds({ slotCount: CLIENTS });
  return Promise.all(
    slots.map((slot) => eventually(() => acquireMaintenanceLease(store, slot, TTL_SECONDS), { deadlineMs: 60_000 })),
  );
}

interface Compared {
  clients: number;
  ours: number;
  pgbench: number;
  ratio: number;
}

async function compare(arena: Arena, clients: number): Promise<Compared> {
  const seen: Omit<Compared, "clients">[] = [];
  for (let index = 0; index <= arena.rounds; index += 1) {
    const ours = await ourRate(arena, clients);
    const pgbench = await pgbenchRate({ ...arena, clients, transactions: RENEWALS });
    // The first round opens connections and compiles.
    if (index > 0) seen.push({ ours, pgbench, ratio: ours / pgbench });
  }
  const of = (name: keyof (typeof seen)[0]): number => median(seen.map((one) => one[name]));
  const compared = { clients, ours: of("ours"), pgbench: of("pgbench"), ratio: of("ratio") };
  arena.say(`${clients} at a time: renewLease ${round(compared.ours, 0)}/s, pgbench ${round(compared.pgbench, 0)}/s`);
  return compared;
}

async function ourRate({ store, leases }: Arena, clients: number): Promise<number> {
  const startedAt = performance.now();
  await Promise.all(leases.slice(0, clients).map((lease) => renewOften(store, lease)));
  return (clients * RENEWALS * 1_000) / (performance.now() - startedAt);
}

async function renewOften(store: Store, lease: LeaseRef): Promise<void> {
  for (let renewal = 0; renewal < RENEWALS; renewal += 1) {
    if (!(await renewLease(store, lease, TTL_SECONDS))) throw new Error(`the lease of ${lease.slotId} was lost`);
  }
}

function report(
  { all, one, unflushed }: Record<"all" | "one" | "unflushed", Compared>,
  { rounds, quick }: { rounds: number; quick: boolean },
): BenchResult {
  const load = `${round(loadavg()[0] ?? 0)} on ${availableParallelism()} cores`;
  const row = ({ clients, ours, pgbench, ratio }: Compared, remark: string): string =>
    `${clients} at a time   ${round(ours, 0)}/s, peer: pgbench -M prepared ${round(pgbench, 0)}/s, ratio ${round(ratio)} (${remark})`;
  return {
    bench: "lease-heartbeat",
    ratios: {
      renewals_to_pgbench: round(all.ratio),
      one_client_to_pgbench: round(one.ratio),
      unflushed_to_pgbench: round(unflushed.ratio),
    },
    targets: { renewals_to_pgbench: TARGET },
    met: all.ratio >= TARGET,
    not_measured: quick ? ["45 of 60 rounds"] : [],
    table: [
      `renewals of a lease, median of ${rounds} rounds by turns; load average ${load}`,
      row(all, `target ${TARGET}`),
      row(one, "no target: what waits for one answer at a time"),
      row(unflushed, "no target: synchronous_commit=off, what a client costs"),
    ],
  };
}
