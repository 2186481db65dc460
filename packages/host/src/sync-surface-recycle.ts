import { type Dirent, renameSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { removeTree } from "./remove-tree.ts";
import { isOwnDirectory } from "./stage.ts";
import { FILES_NOTE, readFilesNote, type Digests } from "./sync-surface-note.ts";
import { type Pace, readEntries } from "./sync-surface-pace.ts";

/** The directory that is filled, and where that is an old surface, what the files in it hold. */
export type Workplace = Readonly<{ path: string; held: Digests | undefined }>;

/** What a directory of it holds that no entry of the build has claimed yet. */
export type Unclaimed = Map<string, Dirent>;

/**
 * Where an old surface is to be changed into the new one: itself, under its own name until it is complete, without its note so that
 * nobody takes over what a killed sync has left. What can not be trusted is removed, and `to` is filled from nothing.
 */
export async function takeOver(recycle: string | undefined, to: string, pace: Pace): Promise<Workplace> {
  const held = recycle !== undefined && isOwnDirectory(recycle) ? await readFilesNote(recycle, pace) : undefined;
  if (recycle === undefined || held === undefined) {
    await removeTree(...(recycle === undefined ? [] : [recycle]));
    return { path: to, held: undefined };
  }
  unlinkSync(join(recycle, FILES_NOTE));
  return { path: recycle, held };
}

/** Gives a complete surface its name, over the empty directory that has kept it free. */
export function finishAs(to: string, workplace: Workplace): void {
  if (workplace.path !== to) renameSync(workplace.path, to);
}

export async function entriesHeld(directory: string, pace: Pace): Promise<Unclaimed> {
  return new Map((await readEntries(directory, pace)).map((entry) => [entry.name, entry]));
}

/** Removes what is there, if anything is. */
export async function clear(path: string, there: Dirent | undefined): Promise<void> {
  if (there?.isDirectory() === true) await removeTree(path);
  else if (there !== undefined) unlinkSync(path);
}
