import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { removeTree, swapSymlink, syncSurface } from "@oroboros/host";
import { installPeer } from "./install-peer.ts";
import { median, round, type Bench, type BenchResult } from "./result.ts";

const FILES = 5_000;
const CHANGED = FILES / 100;
const FILES_PER_DIRECTORY = 100;
const LIMITS = { maxBytes: 1e9, maxFiles: 2 * FILES };
const TARGETS = { sync_to_rsync_checksum: 0.4, switch_ms: 1 };

/** A rebuilt frontend, every file new and one in a hundred changed, made into the next surface; the peer updates one in place. */
export const benchFrontendSync: Bench = async ({ quick, say }) => {
  installPeer("rsync", say);
  const rounds = quick ? 11 : 41;
  const directory = mkdtempSync(join(tmpdir(), "oroboros-bench-"));
  try {
    const times = { sync: [] as number[], rsync: [] as number[], remove: [] as number[] };
    for (let index = 0; index <= rounds; index += 1) {
      const one = await syncRound(directory, index);
      say(`round ${index}: sync ${round(one.sync, 0)} ms, rsync --checksum ${round(one.rsync, 0)} ms`);
      // The first round makes the first surface; nothing is unchanged yet.
      if (index === 0) continue;
      for (const name of ["sync", "rsync", "remove"] as const) times[name].push(one[name]);
    }
    const switchMs = await medianSwitch(directory, quick ? 200 : 1_000);
    return report({ rounds, quick, switchMs, ...mediansOf(times) });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};

type Times = { sync: number; rsync: number; remove: number };

const mediansOf = (times: Record<keyof Times, number[]>): Times => ({
  sync: median(times.sync),
  rsync: median(times.rsync),
  remove: median(times.remove),
});

async function syncRound(directory: string, index: number): Promise<Times> {
  const from = join(directory, "dist");
  rebuild(from, index);
  const rsync = (): Promise<number> => timed(() => rsyncTo(from, join(directory, "rsync")));
  const sync = (): Promise<number> => timed(() => syncTo(directory, index));
  // Who comes first finds the files' cache lines cold, so they take turns.
  const [first, second] = index % 2 === 0 ? [sync, rsync] : [rsync, sync];
  const [one, two] = [await first(), await second()];
  const remove = await timed(() => removeTree(join(directory, `surface-${index - 2}`)));
  return index % 2 === 0 ? { sync: one, rsync: two, remove } : { sync: two, rsync: one, remove };
}

const rsyncTo = (from: string, to: string): unknown =>
  execFileSync("rsync", ["-a", "--checksum", "--delete", `${from}/`, `${to}/`]);

const syncTo = (directory: string, index: number): Promise<unknown> =>
  syncSurface({
    from: join(directory, "dist"),
    to: join(directory, `surface-${index}`),
    pool: join(directory, "pool"),
    previous: index === 0 ? undefined : join(directory, `surface-${index - 1}`),
    limits: LIMITS,
  });

/** Writes every file anew, as a bundler does; each round changes another hundredth. Sizes run from 1 to 16 KB. */
function rebuild(from: string, index: number): void {
  rmSync(from, { recursive: true, force: true });
  for (let file = 0; file < FILES; file += 1) {
    const path = join(from, `assets/${Math.floor(file / FILES_PER_DIRECTORY)}/chunk-${file}.js`);
    if (file % FILES_PER_DIRECTORY === 0) mkdirSync(dirname(path), { recursive: true });
    const changes = Math.floor((index - (file % 100) + 100) / 100);
    writeFileSync(path, `export const id = "${file}.${changes}";\n`.repeat(32 * (1 + (file % 16))));
  }
}

async function medianSwitch(directory: string, switches: number): Promise<number> {
  const link = join(directory, "current");
  const times: number[] = [];
  for (let index = 0; index < switches; index += 1)
    times.push(await timed(() => swapSymlink({ target: join(directory, `surface-${index % 2}`), link })));
  return median(times);
}

async function timed(act: () => unknown): Promise<number> {
  const startedAt = performance.now();
  await act();
  return performance.now() - startedAt;
}

function report(result: Times & { rounds: number; quick: boolean; switchMs: number }): BenchResult {
  const { sync, rsync, remove, switchMs, rounds, quick } = result;
  const ratio = sync / rsync;
  return {
    bench: "frontend-sync",
    ratios: {
      sync_to_rsync_checksum: round(ratio),
      sync_and_removal_to_rsync_checksum: round((sync + remove) / rsync),
      switch_ms: round(switchMs, 3),
    },
    targets: TARGETS,
    met: ratio <= TARGETS.sync_to_rsync_checksum && switchMs < TARGETS.switch_ms,
    not_measured: quick ? ["30 of 41 rounds", "800 of 1000 switches"] : [],
    table: [
      `${FILES} files rebuilt, ${CHANGED} changed, median of ${rounds}`,
      `sync into a new surface                ${round(sync, 0)} ms`,
      `peer: rsync -a --checksum --delete     ${round(rsync, 0)} ms (target ${TARGETS.sync_to_rsync_checksum} of it)`,
      `removing an old surface, later         ${round(remove, 0)} ms`,
      `switch                                 ${round(switchMs, 3)} ms (target ${TARGETS.switch_ms})`,
    ],
  };
}
