import { upEmbedded } from "@oroboros/operations";
import type { RunCommand } from "../command.ts";
import { upRequest } from "../embedded.ts";
import { describe } from "../table.ts";

export const runtimeUp: RunCommand = async (context) => {
  const runtime = await upEmbedded({ ...upRequest(context), detached: true, onlyNew: false });
  return { ok: true, fields: runtime, text: describe(runtime) };
};
