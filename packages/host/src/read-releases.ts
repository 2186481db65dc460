import { readlink } from "node:fs/promises";
import { basename } from "node:path";
import { commitShaSchema, OperatorError, RELEASE_MANIFEST_FILE } from "@oroboros/slot-contract";
import { listDirectory } from "./list-directory.ts";
import { isErrno } from "./open-confined.ts";
import { readConfined } from "./read-file-confined.ts";

const MAX_MANIFEST_BYTES = 8 * 1024 * 1024;

export interface StandingRelease {
  /** Name of its directory: a commit. */
  name: string;
  /** The text of its manifest. */
  manifest: string;
  /** Services are started from it. */
  isCurrent: boolean;
}

/**
 * The whole releases in a directory: those whose manifest is written, which is done last. None where there is no such directory.
 *
 * @param paths.current link to the release in use.
 */
export async function readReleases(paths: { releases: string; current: string }): Promise<StandingRelease[]> {
  const [names, current] = await Promise.all([namesIn(paths.releases), targetOf(paths.current)]);
  const found = await Promise.all(
    names.map(async (name) => {
      const manifest = await manifestIn(`${paths.releases}/${name}`);
      return manifest === undefined ? [] : [{ name, manifest, isCurrent: name === current }];
    }),
  );
  return found.flat();
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return (await listDirectory(directory)).filter((name) => commitShaSchema.safeParse(name).success);
  } catch (error) {
    if (error instanceof OperatorError && error.kind === "missing") return [];
    throw error;
  }
}

/** What is no directory, or has no such file, is no release. */
async function manifestIn(directory: string): Promise<string | undefined> {
  try {
    const text = await readConfined(`${directory}/${RELEASE_MANIFEST_FILE}`, { maxBytes: MAX_MANIFEST_BYTES });
    return text.toString("utf8");
  } catch (error) {
    if (error instanceof OperatorError && (error.kind === "missing" || error.code === "path_refused")) return undefined;
    throw error;
  }
}

async function targetOf(link: string): Promise<string | null> {
  try {
    return basename(await readlink(link));
  } catch (error) {
    if (isErrno(error, "ENOENT", "EINVAL")) return null;
    throw error;
  }
}
