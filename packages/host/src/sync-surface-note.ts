import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isErrno } from "./open-confined.ts";
import type { Pace } from "./sync-surface-pace.ts";
import { bootId } from "./sync-surface-pool.ts";

/** In a surface's root: what its files hold, for whoever takes it over. A dotfile is never served. */
export const FILES_NOTE = ".oroboros-files";
const NOTE_MODE = 0o600;
const DIGEST_LENGTH = 64;

/** Of each file below a surface, the SHA-256 of its content. */
export type Digests = Map<string, string>;

/** Written when the surface is complete. A name with a line break in it is left out: it only costs a link later. */
export async function writeFilesNote(surface: string, digests: Digests, pace: Pace): Promise<void> {
  let text = `${bootId()}\n`;
  for (const [path, digest] of digests) {
    // The publisher replaces dotfiles of the root by its own.
    if (!path.startsWith(".") && !path.includes("\n")) text += `${digest} ${path}\n`;
    await pace();
  }
  writeFileSync(join(surface, FILES_NOTE), text, { flag: "wx", mode: NOTE_MODE });
}

/** Undefined where the surface is not complete, or is of an earlier boot, as the pool's files of that are not to be trusted. */
export async function readFilesNote(surface: string, pace: Pace): Promise<Digests | undefined> {
  const text = readIfPresent(join(surface, FILES_NOTE));
  const head = `${bootId()}\n`;
  if (!text.startsWith(head)) return undefined;
  const digests: Digests = new Map();
  for (let at = head.length; at < text.length;) {
    const end = text.indexOf("\n", at);
    digests.set(text.slice(at + DIGEST_LENGTH + 1, end), text.slice(at, at + DIGEST_LENGTH));
    at = end + 1;
    await pace();
  }
  return digests;
}

function readIfPresent(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (isErrno(error, "ENOENT")) return "";
    throw error;
  }
}
