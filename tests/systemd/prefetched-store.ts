import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { join, resolve } from "node:path";

const REPOSITORY = resolve(import.meta.dirname, "../..");
const PNPM = join(REPOSITORY, ".cache/bin/pnpm");
const PARTS = ["frontend", "backend"] as const;

/** A directory of the package cache, ready and complete, for `/var/cache/oroboros/packages/<key>`. */
export interface PrefetchedStore {
  readonly key: string;
  readonly path: string;
}

/**
 * The packages of the demo's application, fetched once by this machine, for boxes that reach no registry. Kept below `.cache` by the
 * content of the lockfiles.
 */
export function prefetchedStore(application: string): PrefetchedStore {
  const lockfiles = PARTS.map((part) => readFileSync(join(application, part, "pnpm-lock.yaml"), "utf8"));
  const key = createHash("sha256").update(lockfiles.join("\0")).digest("hex");
  const path = join(REPOSITORY, ".cache/test-packages", key);
  if (!existsSync(path)) fetchInto(path, application, lockfiles);
  return { key, path };
}

function fetchInto(path: string, application: string, lockfiles: readonly string[]): void {
  const partial = `${path}.${process.pid}`;
  rmSync(partial, { recursive: true, force: true });
  for (const part of PARTS) {
    const project = join(partial, "projects", part);
    mkdirSync(project, { recursive: true });
    cpSync(join(application, part, "pnpm-lock.yaml"), join(project, "pnpm-lock.yaml"));
    // Packages that lie in the application itself: pnpm looks whether they are there.
    if (existsSync(join(application, part, "vendor"))) {
      cpSync(join(application, part, "vendor"), join(project, "vendor"), { recursive: true });
    }
    writeFileSync(join(project, "pnpm-workspace.yaml"), "packages: []\n");
    const argv = ["fetch", "--ignore-scripts", "--ignore-pnpmfile", "--store-dir", join(partial, "store")];
    execFileSync(PNPM, argv, { cwd: project, env: { ...process.env, CI: "true" }, stdio: "pipe" });
  }
  rmSync(join(partial, "projects"), { recursive: true });
  execFileSync("chmod", ["-R", "a+rX,go-w", partial]);
  const pnpm = execFileSync(PNPM, ["--version"], { cwd: "/", encoding: "utf8" }).trim();
  const record = { lockfiles: lockfiles.map(gitBlobId), pnpm };
  writeFileSync(join(partial, "complete.json"), JSON.stringify(record), { mode: 0o644 });
  mkdirSync(resolve(path, ".."), { recursive: true });
  try {
    renameSync(partial, path);
  } catch (error) {
    // Another file's test was at it at the same time, and was first.
    if (!existsSync(path)) throw error;
    rmSync(partial, { recursive: true });
  }
}

/** gitformat-pack(5): a blob's id is the hash of its type, its length and its content. */
function gitBlobId(text: string): string {
  return createHash("sha1")
    .update(`blob ${Buffer.byteLength(text)}\0${text}`)
    .digest("hex");
}
