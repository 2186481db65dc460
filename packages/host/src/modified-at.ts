import { lstatSync, readdirSync } from "node:fs";

/**
 * When a file was changed last, as milliseconds since 1970; undefined where there is none. Of a directory also what lies in it: a file that
 * is removed changes the one, and one that is written to the other.
 */
export function modifiedAt(path: string): number | undefined {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat?.isDirectory() !== true) return stat?.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => modifiedAt(`${path}/${name}`) ?? 0));
}

/** What the monotonic clock of this host calls zero, as milliseconds since 1970 by the host's clock as it is set now. */
export const monotonicZero = (): number => Date.now() - Number(process.hrtime.bigint()) / 1e6;
