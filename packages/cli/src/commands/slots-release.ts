import { MAX_SLOTS, OperatorError } from "@oroboros/slot-contract";
import { optionalRunId, parseSlot } from "../command-input.ts";
import type { RunCommand } from "../command.ts";
import { connectApi } from "../connect-api.ts";
import { describe } from "../table.ts";

export const slotsRelease: RunCommand = async (context) => {
  // How many slots there are, the api knows.
  const slot = parseSlot({ slotCount: MAX_SLOTS }, context.input, "<slot>");
  const runId = optionalRunId(context.input);
  const answer = await (await connectApi(context)).releaseSlot(slot, runId);
  if (answer.reason !== "held_by_other_run") return { ok: true, fields: answer, text: describe(answer) };
  const error = new OperatorError("lease_held", `${slot} is held by run ${answer.run_id ?? "unknown"}.`, {
    hint: `Free it with: oroboros slots release ${slot}${answer.run_id === null ? "" : ` --run-id ${answer.run_id}`}`,
  });
  return { ok: false, fields: answer, error };
};
