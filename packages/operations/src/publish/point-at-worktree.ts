import { bindWorktree, type StoreTransaction } from "@oroboros/control-store";
import { swapSymlink } from "@oroboros/host";
import { worktreeLink, type CommitSha } from "@oroboros/slot-contract";
import type { StepContext } from "./step-context.ts";

/** Makes a checked out commit the one that stands in the slot. Call it under the lease. */
export async function pointAtWorktree(
  { context, lease, runId }: Pick<StepContext, "context" | "lease" | "runId">,
  tx: StoreTransaction,
  { commitSha, path }: { commitSha: CommitSha; path: string },
): Promise<void> {
  await bindWorktree(tx, { ...lease, runId, commitSha, path });
  await swapSymlink({ target: path, link: worktreeLink(context.contract, lease.slotId) });
}
