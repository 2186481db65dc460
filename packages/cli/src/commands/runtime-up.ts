import { upEmbedded } from "@oroboros/operations";
import type { RunCommand } from "../command.ts";
import { upRequest } from "../embedded.ts";
import { describe } from "../table.ts";

export const runtimeUp: RunCommand = async (context) => {
  const { tokens, ...runtime } = await upEmbedded({ ...upRequest(context), detached: true });
  const fields = { ...runtime, operator_token: tokens.operator.token, agent_token: tokens.agent.token };
  return { ok: true, fields, text: describe(fields) };
};
