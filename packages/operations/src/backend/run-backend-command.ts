import type { BackendCommand, BackendReport, SlotId } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";
import { slotPermit } from "../database/slot-permit.ts";

/**
 * Starts, stops or asks after a slot's backend. Before a start the judge confirms that the slot's database binding is its
 * own, so a wrong `PREVIEW_BACKEND_DATABASE_URL_TEMPLATE` fails here and not in the application.
 */
export async function runBackendCommand(
  context: Context,
  request: { slot: SlotId; command: BackendCommand; worktreePath?: string; healthTimeoutSeconds?: number },
): Promise<BackendReport> {
  if (request.command === "start" || request.command === "restart") slotPermit(context, request.slot);
  return context.processes.backend(request.slot, request.command, {
    ...(request.worktreePath === undefined ? {} : { worktreePath: request.worktreePath }),
    ...(request.healthTimeoutSeconds === undefined ? {} : { healthTimeoutMs: request.healthTimeoutSeconds * 1000 }),
  });
}
