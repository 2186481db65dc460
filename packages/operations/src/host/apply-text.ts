import { entriesOf, makeDirectory, pathAccess, removeTree, writeFileAtomic } from "@oroboros/host";
import type { TextStep } from "./install-step.ts";

/** Writes or removes one text of a host. */
export async function applyText(step: TextStep): Promise<void> {
  if (step.do === "remove") return removeWithEmptyParent(step.path);
  makeMissingDirectory(parentOf(step.path));
  await writeFileAtomic(step.path, step.whole, step);
}

const parentOf = (path: string): string => path.slice(0, path.lastIndexOf("/"));

/** One that is there keeps its owner and mode, whosever it is. */
function makeMissingDirectory(path: string): void {
  if (pathAccess(path) === undefined) makeDirectory(path, { mode: 0o755 });
}

/** A unit's directory of drop-ins goes with the last of them. */
async function removeWithEmptyParent(path: string): Promise<void> {
  await removeTree(path);
  const parent = parentOf(path);
  if (parent.endsWith(".service.d") && entriesOf(parent).length === 0) await removeTree(parent);
}
