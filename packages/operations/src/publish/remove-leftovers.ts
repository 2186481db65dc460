import type { Lease } from "@oroboros/control-store";
import { entriesOf, prunePool, removeTree } from "@oroboros/host";
import { publishWorktree, slotSurfaces, slotWorktrees, surfacePool } from "@oroboros/slot-contract";
import { dropKeptLeased } from "../database/kept-database.ts";
import type { Context } from "../context.ts";
import { worktreesOf, type LivePublish } from "./live-publish.ts";
import { namesIn } from "./names-in.ts";
import { removeWorktrees } from "./remove-worktrees.ts";
import { underLease } from "./step-context.ts";

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
  const { slotId: slot, runId } = lease;
  await underLease({ context, lease }, async () => {
    if (await removeSurfaces(slotSurfaces(contract, slot))) await prunePool(surfacePool(contract, slot));
  });
  const worktrees = slotWorktrees(contract, slot);
  const inUse = [...worktreesOf(live), publishWorktree(contract, { slot, runId, attempt })];
  const unused = (await namesIn(worktrees)).map((name) => `${worktrees}/${name}`);
  await removeWorktrees(
    context,
    lease,
    unused.filter((path) => !inUse.includes(path)),
  );
}

/** The build that was live before the live one stays once more: a request may be half way through it. False where no other was left. */
async function removeSurfaces(surfaces: string): Promise<boolean> {
  const attempts = entriesOf(surfaces)
    .map((name) => ({ path: `${surfaces}/${name}`, attempt: Number(/-([1-9][0-9]*)$/.exec(name)?.[1]) }))
    .filter(({ attempt }) => Number.isInteger(attempt))
    .toSorted((a, b) => b.attempt - a.attempt);
  const old = attempts.slice(SURFACES_KEPT);
  await removeTree(...old.map(({ path }) => path));
  return old.length > 0;
}
