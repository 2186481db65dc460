import type { LeaseRef } from "@oroboros/control-store";
import { slotWorktrees } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";

const REMOVE_TIMEOUT_MS = 120_000;

/** Removes worktrees as the slot's user, who alone may. One that is not there is fine. */
export async function removeWorktrees(
  context: Context,
  { slotId: slot, leaseEpoch }: LeaseRef,
  worktrees: readonly string[],
): Promise<void> {
  if (worktrees.length === 0) return;
  const request = {
    kind: "cleanup",
    argv: ["rm", "-rf", "--one-file-system", "--", ...worktrees],
    cwd: slotWorktrees(context.contract, slot),
    env: {},
    timeout_ms: REMOVE_TIMEOUT_MS,
  } as const;
  const { exitCode } = await context.processes.runStep(slot, { ...request, argv: [...request.argv] }, { leaseEpoch });
  if (exitCode !== 0) context.log.warn({ slot_id: slot, worktrees }, "old worktrees could not be removed");
}
