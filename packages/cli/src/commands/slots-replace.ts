import { MAX_SLOTS, OperatorError } from "@oroboros/slot-contract";
import { parseRunId, parseSlot } from "../command-input.ts";
import type { RunCommand } from "../command.ts";
import { connectApi } from "../connect-api.ts";
import { describe } from "../table.ts";

export const slotsReplace: RunCommand = async (context) => {
  // How many slots there are, the api knows.
  const slot = parseSlot({ slotCount: MAX_SLOTS }, context.input, "<slot>");
  const runId = parseRunId(context.input.text("runId"), "--run-id");
  const answer = await (await connectApi(context)).replaceSlot(slot, runId);
  if (answer.reason !== "not_idle") return { ok: true, fields: answer, text: describe(answer) };
  const error = new OperatorError("lease_held", `${slot} holds no preview that waits for a person.`, {
    hint: `See what it holds with: oroboros slots list; end that with: oroboros slots release ${slot}`,
  });
  return { ok: false, fields: answer, error };
};
