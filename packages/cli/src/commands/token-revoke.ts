import { hostActor, revokeAccessToken } from "@oroboros/operations";
import { OperatorError } from "@oroboros/slot-contract";
import type { RunCommand } from "../command.ts";
import { describe } from "../table.ts";
import { withOperations } from "../with-operations.ts";

const TOKEN_ID = /^[1-9][0-9]{0,17}$/;

export const tokenRevoke: RunCommand = async (context) => {
  const tokenId = context.input.text("token_id");
  if (!TOKEN_ID.test(tokenId)) throw notAnId(tokenId);
  const actor = hostActor(context.world.user.uid);
  const token = await withOperations(context, (operations) => revokeAccessToken(operations, { tokenId, actor }));
  const note = token.already ? "It was revoked before." : "Its next request is refused.";
  return { ok: true, fields: token, text: `${describe(token)}\n${note}` };
};

/** Somebody may have typed the token itself: it is not repeated. */
function notAnId(text: string): OperatorError {
  const shown = text.startsWith("oro_") ? "A token's text" : JSON.stringify(text.slice(0, 20));
  return new OperatorError("invalid_request", `${shown} is not the id of a token.`, {
    hint: "Find its id with: oroboros token list",
  });
}
