import { type Dirent, opendirSync } from "node:fs";
import { setImmediate } from "node:timers/promises";

const TURN_MS = 8;

/** Awaited between two pieces of synchronous work: lets everybody else run when this turn has been long enough. */
export type Pace = () => Promise<void> | undefined;

export function startPace(): Pace {
  let turnEnds = performance.now() + TURN_MS;
  return () => {
    if (performance.now() < turnEnds) return undefined;
    return setImmediate().then(() => {
      turnEnds = performance.now() + TURN_MS;
    });
  };
}

/** The entries of a directory; `onEntry` sees each as it is read, so that it can refuse a directory without end. */
export async function readEntries(
  path: string,
  pace: Pace,
  onEntry: (entry: Dirent) => void = () => undefined,
): Promise<Dirent[]> {
  const entries: Dirent[] = [];
  const directory = opendirSync(path, { bufferSize: 512 });
  try {
    for (let entry = directory.readSync(); entry !== null; entry = directory.readSync()) {
      onEntry(entry);
      entries.push(entry);
      await pace();
    }
  } finally {
    directory.closeSync();
  }
  return entries;
}
