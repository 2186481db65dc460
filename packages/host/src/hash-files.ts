import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { filesBelow } from "./files-below.ts";

/** The SHA-256 of every regular file in a tree of ours, in hexadecimal, by its path below the root. */
export async function hashFiles(root: string): Promise<Record<string, string>> {
  const hashes: Record<string, string> = {};
  for (const path of filesBelow(root)) hashes[path] = await hashOf(`${root}/${path}`);
  return hashes;
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
