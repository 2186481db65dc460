import type { Lease } from "@oroboros/control-store";
import type { TemplateSource } from "@oroboros/db-safety";
import { entriesOf, prunePool, removeTree } from "@oroboros/host";
import { slotSurfaces } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";
import { dropKeptLeased } from "../database/kept-database.ts";
import { warmSpare } from "../database/warm-spare.ts";
import { worktreesOf, type LivePublish } from "./live-publish.ts";
import { removeWorktrees } from "./remove-worktrees.ts";

interface Published {
  base: TemplateSource;
  /** What the publish took the place of, and what it put there. */
  replaced?: LivePublish;
  live?: LivePublish;
}

/**
 * Leaves behind what a publish that passed no longer needs, and prepares the slot's next database. The publish is over: what fails
 * here is only logged, and goes when the slot is released.
 */
export async function tidyUp(context: Context, lease: Lease, { base, replaced, live }: Published): Promise<void> {
  try {
    if (replaced !== undefined && live !== undefined) {
      await dropKeptLeased(context, lease);
      const inUse = worktreesOf(live);
      const unused = worktreesOf(replaced).filter((worktree) => !inUse.includes(worktree));
      await removeWorktrees(context, lease.slotId, unused);
      await removeSurfaces(context, lease, [replaced.frontend.surface, live.frontend.surface]);
    }
  } catch (error) {
    context.log.warn({ err: error, run_id: lease.runId, slot_id: lease.slotId }, "not everything old could be removed");
  }
  await warmSpare(context, lease.slotId, base);
}

/** The build that was live before stays once more: a request may be half way through it. */
async function removeSurfaces({ contract }: Context, { slotId }: Lease, inUse: readonly string[]): Promise<void> {
  const surfaces = slotSurfaces(contract, slotId);
  const pool = `${surfaces}/pool`;
  const old = entriesOf(surfaces)
    .map((name) => `${surfaces}/${name}`)
    .filter((path) => path !== pool && !inUse.includes(path));
  await removeTree(...old);
  await prunePool(pool);
}
