import {
  repoPath,
  slotHome,
  slotWorktrees,
  type CommitSha,
  type RunId,
  type RuntimeContract,
  type SlotId,
  type StepRequest,
} from "@oroboros/slot-contract";

const CHECKOUT_TIMEOUT_MS = 60_000;

/**
 * A checkout without a `.git`: an index of the slot's own, filled from the commit and written out (git-checkout-index(1)).
 * It runs as the slot's user, so filters and attributes of the branch have no one else's rights.
 */
export function planCheckout(
  contract: RuntimeContract,
  { slot, runId, commitSha, worktree }: { slot: SlotId; runId: RunId; commitSha: CommitSha; worktree: string },
): StepRequest[] {
  const git = [
    "git",
    `--git-dir=${repoPath(contract)}`,
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "core.fsmonitor=false",
  ];
  const step = {
    kind: "checkout",
    cwd: slotHome(contract, slot),
    env: {
      GIT_INDEX_FILE: `${slotHome(contract, slot)}/index-${runId}`,
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_CONFIG_GLOBAL: "/dev/null",
    },
    timeout_ms: CHECKOUT_TIMEOUT_MS,
  } as const;
  return [
    { ...step, argv: [...git, "read-tree", commitSha] },
    {
      ...step,
      argv: [
        ...git,
        `--work-tree=${slotWorktrees(contract, slot)}`,
        "checkout-index",
        "--all",
        "--force",
        `--prefix=${worktree}/`,
      ],
    },
  ];
}
