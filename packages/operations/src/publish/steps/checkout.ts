import { swapSymlink } from "@oroboros/host";
import { bindWorktree } from "@oroboros/control-store";
import { worktreeLink } from "@oroboros/slot-contract";
import type { StepOf } from "../publish-plan.ts";
import { runCommands } from "../run-commands.ts";
import { underLease, type StepContext } from "../step-context.ts";

/** Writes the commit into a directory of its own and points the slot's worktree at it. */
export async function checkout(step: StepContext, plan: StepOf<"checkout">): Promise<void> {
  const { context, lease } = step;
  const binding = { ...lease, runId: step.runId, commitSha: plan.commitSha, path: plan.worktree };
  await underLease(step, (tx) => bindWorktree(tx, binding));
  await runCommands(step, plan.commands);
  await underLease(step, () =>
    swapSymlink({ target: plan.worktree, link: worktreeLink(context.contract, lease.slotId) }),
  );
}
