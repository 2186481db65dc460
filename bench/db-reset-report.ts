import { availableParallelism, loadavg } from "node:os";
import type { DataSize } from "./db-reset-data.ts";
import type { Measured, Rounds } from "./db-reset-measure.ts";
import { median, round, type BenchResult } from "./result.ts";

const TARGET_TO_BARE = 3;
const TARGET_FLAT = 1.5;
const TARGET_TO_CLONE = 50;
/** Where the copy is what a reset would take. */
const LARGEST = "1700mb";
const NAME_WIDTH = 44;
const CELL_WIDTH = 16;
const BYTES_PER_MB = 1_000_000;

/** What is measured where nobody is in a hurry. */
interface Plan {
  size: DataSize;
  rounds: Rounds;
}

interface Ratios {
  size: string;
  toBare: number;
  toBareInUse: number;
  /** Of DROP + CREATE, with the strategy that is the faster one here, to the reset. */
  cloneToFenced: number;
}

export function reportResets(measured: readonly Measured[], whole: readonly Plan[]): BenchResult {
  const perSize = measured.map(ratiosOf);
  const flat = median(measured.at(-1)?.fenced ?? []) / median(measured[0]?.fenced ?? []);
  const toBare = Math.max(...perSize.map((one) => one.toBare));
  const toBareInUse = Math.max(...perSize.map((one) => one.toBareInUse));
  const atLargest = perSize.find(({ size }) => size === LARGEST)?.cloneToFenced;
  return {
    bench: "db-reset",
    ratios: {
      fenced_to_bare: round(toBare),
      fenced_to_bare_in_use: round(toBareInUse),
      largest_to_smallest: round(flat),
      ...(atLargest === undefined ? {} : { [`create_template_to_fenced_${LARGEST}`]: round(atLargest, 0) }),
      ...Object.fromEntries(measured.flatMap(detailsOf)),
    },
    targets: {
      fenced_to_bare: TARGET_TO_BARE,
      fenced_to_bare_in_use: TARGET_TO_BARE,
      largest_to_smallest: TARGET_FLAT,
      [`create_template_to_fenced_${LARGEST}`]: TARGET_TO_CLONE,
    },
    met:
      toBare <= TARGET_TO_BARE &&
      toBareInUse <= TARGET_TO_BARE &&
      flat <= TARGET_FLAT &&
      (atLargest === undefined || atLargest >= TARGET_TO_CLONE),
    not_measured: whole.flatMap((plan) => missing(plan, measured)),
    table: tableOf(measured),
  };
}

function ratiosOf(one: Measured): Ratios {
  const fenced = median(one.fenced);
  return {
    size: one.name,
    toBare: fenced / median(one.bare),
    toBareInUse: median(one.fencedInUse) / median(one.bareInUse),
    cloneToFenced: fasterClone(one) / fenced,
  };
}

const fasterClone = ({ walLog, fileCopy }: Measured): number => Math.min(median(walLog), median(fileCopy));

function detailsOf(one: Measured): [string, number][] {
  const { size, toBare, toBareInUse, cloneToFenced } = ratiosOf(one);
  const fenced = median(one.fenced);
  const toFenced = (times: readonly number[]): number => round(median(times) / fenced, 0);
  return [
    [`fenced_ms_${size}`, round(fenced)],
    [`fenced_to_bare_${size}`, round(toBare)],
    [`fenced_to_bare_in_use_${size}`, round(toBareInUse)],
    [`cold_to_fenced_${size}`, toFenced(one.cold)],
    [`create_template_to_fenced_${size}`, round(cloneToFenced, 0)],
    [`pg_restore_to_fenced_${size}`, toFenced(one.pgRestore)],
    [`psql_replay_to_fenced_${size}`, toFenced(one.psqlReplay)],
    ...(one.neighbour === undefined
      ? []
      : ([
          [`neighbour_p99_to_quiet_${size}`, round(one.neighbour.disturbed.p99Ms / one.neighbour.quiet.p99Ms)],
        ] satisfies [string, number][])),
  ];
}

function missing({ size: { name }, rounds }: Plan, measured: readonly Measured[]): string[] {
  const one = measured.find((other) => other.name === name);
  if (one === undefined) return [`${name}`];
  const done = [
    [one.fenced.length, rounds.warm, "rounds of resets and renames"],
    [one.cold.length, rounds.cold, "cold resets"],
    [one.walLog.length, rounds.clones, "copies of the template"],
    [one.pgRestore.length, rounds.restores, "restores of a dump"],
    [one.neighbour?.resets ?? 0, rounds.besideNeighbour, "resets beside a neighbour"],
  ] as const;
  return done
    .filter(([count, wanted]) => count < wanted)
    .map(([count, wanted, what]) => `${name}: ${wanted - count} of ${wanted} ${what}`);
}

function tableOf(measured: readonly Measured[]): string[] {
  const row = (name: string, cell: (one: Measured) => string): string =>
    name.padEnd(NAME_WIDTH) + measured.map((one) => cell(one).padStart(CELL_WIDTH)).join("");
  const ms = (name: string, of: (one: Measured) => readonly number[]): string =>
    row(name, (one) => `${round(median(of(one)), 1)} ms`);
  const ratio = (name: string, of: (one: Ratios) => number): string =>
    row(name, (one) => `${round(of(ratiosOf(one)))}`);
  const beside = (name: string, of: "quiet" | "disturbed"): string =>
    row(name, ({ neighbour }) =>
      neighbour === undefined ? "-" : `${round(neighbour[of].p50Ms, 1)} / ${round(neighbour[of].p99Ms, 1)} ms`,
    );
  return [
    `medians; load average ${round(loadavg()[0] ?? 0)} on ${availableParallelism()} cores; fsync on`,
    row("pg_database_size of the template", ({ bytes }) => `${round(bytes / BYTES_PER_MB, 1)} MB`),
    ms("fenced reset", ({ fenced }) => fenced),
    row("  slowest of its rounds", ({ fenced }) => `${round(Math.max(...fenced), 1)} ms`),
    ms("peer: block, terminate, rename", ({ bare }) => bare),
    ratio(`  ratio (target ${TARGET_TO_BARE})`, ({ toBare }) => toBare),
    ms("fenced reset, 10 clients connected", ({ fencedInUse }) => fencedInUse),
    ms("peer: block, terminate, rename, 10 clients", ({ bareInUse }) => bareInUse),
    ratio(`  ratio (target ${TARGET_TO_BARE})`, ({ toBareInUse }) => toBareInUse),
    ms("cold reset: template there, no spare", ({ cold }) => cold),
    ms("building the template", ({ template }) => [template]),
    ms("peer: DROP, CREATE TEMPLATE (wal_log)", ({ walLog }) => walLog),
    ms("peer: DROP, CREATE TEMPLATE (file_copy)", ({ fileCopy }) => fileCopy),
    ratio(`  faster one to fenced (target ${TARGET_TO_CLONE} at 1.7 GB)`, ({ cloneToFenced }) => cloneToFenced),
    ms("peer: pg_restore -j2 of a custom dump", ({ pgRestore }) => pgRestore),
    ms("peer: psql replay of a plain dump", ({ psqlReplay }) => psqlReplay),
    beside("neighbour's pgbench, p50 / p99, quiet", "quiet"),
    beside("  beside resets, their drops and refills", "disturbed"),
  ];
}
