import type { Lease } from "@oroboros/control-store";
import { entriesOf, prunePool, removeTree } from "@oroboros/host";
import { publishDirectory, slotSurfaces, slotWorktrees } from "@oroboros/slot-contract";
import { dropKeptLeased } from "../database/kept-database.ts";
import type { Context } from "../context.ts";
import { worktreesOf, type LivePublish } from "./live-publish.ts";
import { namesIn } from "./names-in.ts";
import { removeWorktrees } from "./remove-worktrees.ts";

const SURFACES_KEPT = 2;

/**
 * Removes what earlier publishes of the run have left and the live one does not need. Only a publish that is at work may do it:
 * beside another one it would take away what that has just made.
 */
export async function removeLeftovers(
  context: Context,
  { lease, attempt }: { lease: Lease; attempt: number },
  live: LivePublish,
): Promise<void> {
  const { contract } = context;
  await dropKeptLeased(context, lease);
  await removeSurfaces(slotSurfaces(contract, lease.slotId));
  const worktrees = slotWorktrees(contract, lease.slotId);
  const inUse = [...worktreesOf(live), `${worktrees}/${publishDirectory(lease.runId, attempt)}`];
  const unused = (await namesIn(worktrees)).map((name) => `${worktrees}/${name}`);
  await removeWorktrees(
    context,
    lease.slotId,
    unused.filter((path) => !inUse.includes(path)),
  );
}

/** The build that was live before the live one stays once more: a request may be half way through it. */
async function removeSurfaces(surfaces: string): Promise<void> {
  const attempts = entriesOf(surfaces)
    .map((name) => ({ path: `${surfaces}/${name}`, attempt: Number(/-([1-9][0-9]*)$/.exec(name)?.[1]) }))
    .filter(({ attempt }) => Number.isInteger(attempt))
    .toSorted((a, b) => b.attempt - a.attempt);
  const old = attempts.slice(SURFACES_KEPT);
  if (old.length === 0) return;
  await removeTree(...old.map(({ path }) => path));
  await prunePool(`${surfaces}/pool`);
}
