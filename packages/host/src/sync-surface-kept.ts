import { chmodSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { isHashedAsset } from "@oroboros/slot-contract";
import { isErrno } from "./open-confined.ts";
import { stageFile } from "./stage.ts";
import { type Pace, readEntries } from "./sync-surface-pace.ts";
import { FILE_MODE } from "./sync-surface-pool.ts";

/** In a surface's root: which assets no build has had for how many builds. A dotfile is never served. */
export const KEPT_NOTE = ".oroboros-kept-assets";
const NOTE_MODE = 0o600;
const KEPT_BUILDS = 20;
const ASSETS = "assets";

type Asset = Readonly<{ path: string; builds: number; bytes: number }>;
type Room = Readonly<{ files: number; bytes: number }>;
type Keeping = Readonly<{ previous: string; to: string; pace: Pace; builds: ReadonlyMap<string, number> }>;

/**
 * Links the previous surface's hashed assets into the new one where it lacks them, the youngest first and as many as there is
 * room for, and notes their ages. Returns how many.
 */
export async function keepAssets({
  previous,
  to,
  room,
  pace,
}: {
  previous: string | undefined;
  to: string;
  room: Room;
  pace: Pace;
}): Promise<number> {
  if (previous === undefined) return 0;
  const missing = await missingAssets(ASSETS, { previous, to, pace, builds: readNote(previous) });
  const kept = withinRoom(missing, room);
  for (const { path } of kept) {
    makeParents(to, path);
    await stageFile(`${previous}/${path}`, `${to}/${path}`, FILE_MODE);
    await pace();
  }
  const note = kept.map(({ path, builds }) => `${builds} ${path}\n`).join("");
  writeFileSync(join(to, KEPT_NOTE), note, { flag: "wx", mode: NOTE_MODE });
  return kept.length;
}

/** The previous surface's hashed assets below one directory that the new one lacks and that are not too old. */
async function missingAssets(directory: string, keeping: Keeping): Promise<Asset[]> {
  const { previous, to, pace, builds } = keeping;
  // Where the build has a file or a link of that name, nothing fits below it.
  if (kindOf(`${to}/${directory}`) === "other" || kindOf(`${previous}/${directory}`) !== "directory") return [];
  const names = namesIn(`${to}/${directory}`);
  const missing: Asset[] = [];
  for (const entry of await readEntries(`${previous}/${directory}`, pace)) {
    const path = `${directory}/${entry.name}`;
    if (entry.isDirectory()) missing.push(...(await missingAssets(path, keeping)));
    else if (entry.isFile() && !names.has(entry.name) && isHashedAsset(path)) {
      const { size } = lstatSync(`${previous}/${path}`);
      missing.push({ path, builds: (builds.get(path) ?? 0) + 1, bytes: size });
    }
    await pace();
  }
  return missing.filter(({ builds: age }) => age <= KEPT_BUILDS);
}

function kindOf(path: string): "directory" | "missing" | "other" {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return "missing";
  return stat.isDirectory() ? "directory" : "other";
}

function namesIn(directory: string): Set<string> {
  try {
    return new Set(readdirSync(directory));
  } catch (error) {
    if (isErrno(error, "ENOENT")) return new Set();
    throw error;
  }
}

/** Without a bound a branch could fill the disk by one full build after the other. */
function withinRoom(assets: readonly Asset[], room: Room): Asset[] {
  let { files, bytes } = room;
  return assets
    .toSorted((a, b) => a.builds - b.builds)
    .filter((asset) => {
      if (files < 1 || asset.bytes > bytes) return false;
      files -= 1;
      bytes -= asset.bytes;
      return true;
    });
}

function makeParents(to: string, path: string): void {
  const parent = dirname(path);
  if (parent === "." || lstatSync(`${to}/${parent}`, { throwIfNoEntry: false }) !== undefined) return;
  makeParents(to, parent);
  mkdirSync(`${to}/${parent}`);
  chmodSync(`${to}/${parent}`, 0o755);
}

function readNote(surface: string): Map<string, number> {
  const lines = readIfPresent(join(surface, KEPT_NOTE)).matchAll(/^(\d+) (.+)$/gm);
  return new Map([...lines].map(([, builds, path]) => [path ?? "", Number(builds)]));
}

function readIfPresent(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (isErrno(error, "ENOENT")) return "";
    throw error;
  }
}
