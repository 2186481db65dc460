import { hash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { withTempDir } from "@oroboros/test-support";
import { syncSurface, type SyncedSurface } from "../sync-surface.ts";

export const LIMITS = { maxBytes: 1_000_000, maxFiles: 1_000 };

export interface SurfacePlace {
  root: string;
  from: string;
  pool: string;
  surface: (name: string) => string;
  /** Makes `from` anew with these files. */
  build: (files: Record<string, string>) => Promise<void>;
  sync: (name: string, previous?: string, limits?: typeof LIMITS) => Promise<SyncedSurface>;
}

export const SMALL_BUILD = { "index.html": "<html>", "assets/app.js": "app" };

/** An empty place for surfaces, with a small build and a secret beside it. */
export const inSurfacePlace = (use: (place: SurfacePlace) => Promise<void>): Promise<void> =>
  withTempDir(async (root) => {
    const [from, pool] = [join(root, "dist"), join(root, "pool")];
    const surface = (name: string): string => join(root, "surfaces", name);
    const build = async (files: Record<string, string>): Promise<void> => {
      await rm(from, { recursive: true, force: true });
      for (const [path, text] of Object.entries(files)) {
        await mkdir(dirname(join(from, path)), { recursive: true });
        await writeFile(join(from, path), text, { mode: 0o600 });
      }
    };
    await build(SMALL_BUILD);
    await writeFile(join(root, "secret"), "secret");
    const sync: SurfacePlace["sync"] = (name, previous, limits = LIMITS) =>
      syncSurface({ from, to: surface(name), pool, previous: previous && surface(previous), limits });
    await use({ root, from, pool, surface, build, sync });
  });

export const pooledFiles = (pool: string): string[] =>
  readdirSync(pool).flatMap((shelf) => readdirSync(join(pool, shelf)).map((name) => join(pool, shelf, name)));

/** The files of a pool whose names are not the hash of their content. */
export const falseNames = (pool: string): string[] =>
  pooledFiles(pool).filter((path) => !path.endsWith(`/${hash("sha256", readFileSync(path))}`));
