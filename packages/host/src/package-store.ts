import { readFileSync, renameSync, statSync, utimesSync } from "node:fs";
import { dirname, join } from "node:path";
import { packageCachePath, type RuntimeContract } from "@oroboros/slot-contract";
import { isErrno } from "./open-confined.ts";
import { entriesOf } from "./stage.ts";
import { syncDirectory, writeFileAtomic } from "./write-file-atomic.ts";

type Root = Pick<RuntimeContract, "root">;

/** What a ready store says about itself: the git ids of the lockfiles whose packages it has, and the pnpm that fetched them. */
type PackageStoreRecord = Readonly<{ lockfiles: readonly string[]; pnpm: string }>;

type ReadyPackageStore = PackageStoreRecord & Readonly<{ key: string; store: string; usedAtMs: number }>;

const RECORD = "complete.json";
/** A directory with another name is no ready store. */
const KEY = /^[0-9a-f]{64}$/;

export const isPackageStoreKey = (key: string): boolean => KEY.test(key);

/** Everything of one content key below the package cache; there as a whole or not at all. */
export const packageStoreDirectory = (contract: Root, key: string): string => `${packageCachePath(contract)}/${key}`;

/** The stores that are complete, the one that main used last first. */
export function readyPackageStores(contract: Root): ReadyPackageStore[] {
  return namesIn(packageCachePath(contract))
    .filter(isPackageStoreKey)
    .flatMap((key) => readStore(packageStoreDirectory(contract, key), key) ?? [])
    .toSorted((a, b) => b.usedAtMs - a.usedAtMs);
}

/** Turns a filled directory into the ready store of a key, by one rename after its record was written. */
export async function completePackageStore(
  filled: string,
  { contract, key, record }: { contract: Root; key: string; record: PackageStoreRecord },
): Promise<void> {
  await writeFileAtomic(join(filled, RECORD), JSON.stringify(record), { mode: 0o644 });
  const directory = packageStoreDirectory(contract, key);
  renameSync(filled, directory);
  await syncDirectory(dirname(directory));
}

/** Notes that main uses a store again. False where there is none. */
export function touchPackageStore(contract: Root, key: string, now: Date): boolean {
  try {
    utimesSync(join(packageStoreDirectory(contract, key), RECORD), now, now);
    return true;
  } catch (error) {
    if (isErrno(error, "ENOENT")) return false;
    throw error;
  }
}

function readStore(directory: string, key: string): ReadyPackageStore | undefined {
  try {
    const path = join(directory, RECORD);
    const record = JSON.parse(readFileSync(path, "utf8")) as PackageStoreRecord;
    return { ...record, key, store: join(directory, "store"), usedAtMs: statSync(path).mtimeMs };
  } catch (error) {
    // It was pruned between being listed and being read.
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  }
}

function namesIn(path: string): string[] {
  try {
    return entriesOf(path);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return [];
    throw error;
  }
}
