const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const KILOBYTE = 1_000;

/** A duration in milliseconds as people read it; nothing for what is not one. */
export function duration(ms: unknown): string {
  if (typeof ms !== "number") return "";
  if (ms < SECOND_MS) return `${ms} ms`;
  if (ms < MINUTE_MS) return `${(ms / SECOND_MS).toFixed(1)} s`;
  return `${Math.floor(ms / MINUTE_MS)} min ${Math.floor((ms % MINUTE_MS) / SECOND_MS)} s`;
}

export const fileSize = (bytes: number): string =>
  bytes < KILOBYTE ? `${bytes} bytes` : `${(bytes / KILOBYTE).toFixed(1)} kB`;
