import { bindWorktree } from "@oroboros/control-store";
import type { StepOf } from "../publish-plan.ts";
import { pointAtWorktree } from "../point-at-worktree.ts";
import { runCommands } from "../run-commands.ts";
import { underLease, type StepContext } from "../step-context.ts";

/** Writes the commit into a directory of its own; the run's first publish points the slot's worktree at it. */
export async function checkout(step: StepContext, plan: StepOf<"checkout">): Promise<void> {
  const { lease, runId } = step;
  const { commitSha, worktree: path } = plan;
  if (plan.link) await underLease(step, (tx) => bindWorktree(tx, { ...lease, runId, commitSha, path }));
  await runCommands(step, plan.commands);
  if (plan.link) await underLease(step, (tx) => pointAtWorktree(step, tx, { commitSha, path }));
}
