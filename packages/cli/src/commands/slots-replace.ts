import { MAX_SLOTS, OperatorError, parseSlotId } from "@oroboros/slot-contract";
import { parseRunId } from "../command-input.ts";
import type { RunCommand } from "../command.ts";
import { connectApi } from "../connect-api.ts";
import { describe } from "../table.ts";

export const slotsReplace: RunCommand = async (context) => {
  // How many slots there are, the api knows.
  const slot = parseSlotId({ slotCount: MAX_SLOTS }, context.input.text("slot"));
  const runId = parseRunId(context.input.text("runId"));
  const answer = await (await connectApi(context)).replaceSlot(slot, runId);
  if (answer.reason !== "not_idle") return { ok: true, fields: answer, text: describe(answer) };
  const error = new OperatorError("lease_held", `${slot} holds no preview that waits for a person.`, {
    hint: `See what it holds with: oroboros slots list; end that with: oroboros slots release ${slot}`,
  });
  return { ok: false, fields: answer, error };
};
