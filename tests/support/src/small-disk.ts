import { execFileSync, spawnSync } from "node:child_process";
import { withTempDir } from "./temp-dir.ts";

/** Whether this process may mount file systems: not every root may. */
export const canMount = spawnSync("unshare", ["--mount", "true"], { stdio: "ignore" }).status === 0;

/** Mounts a file system of `bytes` over a directory until it is disposed of. */
export function mountSmallDisk(directory: string, bytes: number): Disposable {
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${bytes},mode=755`, "none", directory]);
  // Lazily: a process that is being tested may still have a file open on it.
  return { [Symbol.dispose]: () => void execFileSync("umount", ["--lazy", directory]) };
}

/** A new directory on a file system of `bytes`. */
export function onSmallDisk(bytes: number, use: (directory: string) => Promise<void>): Promise<void> {
  return withTempDir(async (directory) => {
    using _disk = mountSmallDisk(directory, bytes);
    await use(directory);
  });
}
