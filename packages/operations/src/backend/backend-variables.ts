import {
  backendPort,
  corsAllowedOrigins,
  slotDatabase,
  slotNumber,
  type CommitSha,
  type RuntimeContract,
  type SlotBackendVariables,
  type SlotId,
} from "@oroboros/slot-contract";

/** What a slot's backend is told about its slot, but for the address of its database, which is a secret. */
export function backendVariables(
  contract: RuntimeContract,
  slot: SlotId,
  { worktree, commitSha }: { worktree: string; commitSha: CommitSha },
): Omit<SlotBackendVariables, "DATABASE_URL"> {
  return {
    SLOT_ID: slot,
    SLOT_NUM: String(slotNumber(slot)),
    SLOT_BACKEND_PORT: String(backendPort(contract, slot)),
    SLOT_DB_NAME: slotDatabase(slot),
    SLOT_WORKTREE_PATH: worktree,
    SLOT_COMMIT_SHA: commitSha,
    OROBOROS_PORT_OFFSET: String(contract.portOffset),
    CORS_ALLOWED_ORIGINS: corsAllowedOrigins(contract).join(","),
  };
}
