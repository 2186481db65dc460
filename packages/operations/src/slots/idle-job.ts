import { commitShaSchema, slotHome, type RuntimeContract, type SlotId, type SlotJob } from "@oroboros/slot-contract";
import { backendVariables } from "../backend/backend-variables.ts";
import { releasedApp } from "../runtime/embedded-installation.ts";

/** An embedded release is made from a directory, of which nobody knows whether it is a commit. */
const NO_COMMIT = commitShaSchema.parse("0".repeat(40));

/** The release's own api, which answers for the slot and for nothing else while no run holds it. */
export function idleJob(contract: RuntimeContract, slot: SlotId): SlotJob {
  const home = slotHome(contract, slot);
  return {
    argv: [...releasedApp(contract, "api"), "--slot-backend"],
    cwd: home,
    health: "/health",
    env: backendVariables(contract, slot, { worktree: home, commitSha: NO_COMMIT }),
  };
}
