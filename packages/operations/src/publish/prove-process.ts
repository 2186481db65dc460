import { isOwnDirectory, portListener } from "@oroboros/host";
import { backendPort, OperatorError } from "@oroboros/slot-contract";
import type { StepContext } from "./step-context.ts";

/**
 * Proves whose answer a backend without the slot handlers gave: the process that runs is the one for this worktree, and the port
 * is held by the slot's own user.
 *
 * @throws OperatorError `gate_failed`.
 */
export async function proveProcess({ context, lease, log }: StepContext, worktree: string): Promise<void> {
  const { contract } = context;
  const report = await context.processes.backend(lease.slotId, "status");
  const port = backendPort(contract, lease.slotId);
  const listener = portListener(port);
  const running = report.ok && report.state === "running" ? report.worktree_path : null;
  log.write({ event: "process", worktree_path: running, listener_uid: listener?.uid ?? null });
  if (running !== worktree) {
    throw notOurs(`the backend of ${lease.slotId} runs in ${running ?? "no worktree"}, not in ${worktree}`);
  }
  // Without root there is one user for all, and the worktree is ours.
  if (listener?.uid !== context.slotUserId(lease.slotId) && !isOwnDirectory(worktree)) {
    throw notOurs(`port ${port} is held by user ${listener?.uid ?? "unknown"}, not by ${lease.slotId}'s`);
  }
}

const notOurs = (what: string): OperatorError =>
  new OperatorError("gate_failed", `Another process answered: ${what}.`, {
    hint: "Make the backend listen on SLOT_BACKEND_PORT itself, commit, and publish the new commit.",
  });
