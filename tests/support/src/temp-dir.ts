import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export async function withTempDir<T>(use: (path: string) => Promise<T>): Promise<T> {
  const path = await makeTempDir();
  try {
    return await use(path);
  } finally {
    await removeDir(path);
  }
}

export function makeTempDir(parent = tmpdir()): Promise<string> {
  return mkdtemp(join(parent, "oroboros-test-"));
}

export function removeDir(path: string): Promise<void> {
  return rm(path, { recursive: true, force: true, maxRetries: 3 });
}
