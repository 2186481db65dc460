import { listAccessTokens } from "@oroboros/operations";
import type { RunCommand } from "../command.ts";
import { table } from "../table.ts";
import { withOperations } from "../with-operations.ts";

export const tokenList: RunCommand = async (context) => {
  const tokens = await withOperations(context, listAccessTokens);
  const rows = tokens.map((token) => [token.token_id, token.label, token.role, token.created_at, token.revoked_at]);
  return { ok: true, fields: { tokens }, text: table(["id", "label", "role", "created", "revoked"], rows) };
};
