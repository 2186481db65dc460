import { runGit } from "./run-git.ts";

/** What `git cat-file --batch` says of an object before its content; of one that is not there it says `<oid> missing`. */
const HEADER = /^([0-9a-f]{40,64}) blob ([0-9]+)$/;
/** More than the headers of one object take. */
const HEADER_BYTES = 128;

/**
 * The texts of files by the ids of their contents, all read by one git. A file that is missing is left out.
 *
 * @returns undefined where they are larger than `maxBytes` in all.
 */
export async function readBlobs(
  repository: string,
  oids: readonly string[],
  { maxBytes, run = runGit }: { maxBytes: number; run?: typeof runGit },
): Promise<ReadonlyMap<string, string> | undefined> {
  if (oids.length === 0) return new Map();
  const tooMuch = new AbortController();
  const chunks: Buffer[] = [];
  let bytes = 0;
  const { exitCode, stderr, timedOut } = await run(repository, ["cat-file", "--batch"], {
    input: oids.map((oid) => `${oid}\n`).join(""),
    maxOutputBytes: 65_536,
    signal: tooMuch.signal,
    onOutput: (stream, chunk) => {
      if (stream !== "stdout" || tooMuch.signal.aborted) return;
      chunks.push(chunk);
      bytes += chunk.byteLength;
      if (bytes > maxBytes + oids.length * HEADER_BYTES) tooMuch.abort();
    },
  });
  if (tooMuch.signal.aborted) return undefined;
  if (timedOut) throw new Error(`git did not read ${oids.length} files in time`);
  if (exitCode !== 0) throw new Error(`git cat-file ended with ${exitCode}: ${stderr.trim()}`);
  return blobsIn(Buffer.concat(chunks));
}

function blobsIn(output: Buffer): Map<string, string> {
  const blobs = new Map<string, string>();
  for (let at = 0; at < output.byteLength;) {
    const end = output.indexOf("\n", at);
    if (end === -1) throw new Error("git's answer ends in the middle of a line");
    const [, oid, size] = HEADER.exec(output.toString("latin1", at, end)) ?? [];
    at = end + 1;
    if (oid === undefined) continue;
    blobs.set(oid, output.toString("utf8", at, at + Number(size)));
    at += Number(size) + 1;
  }
  return blobs;
}
