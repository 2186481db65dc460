import { upEmbedded } from "@oroboros/operations";
import type { RunCommand } from "../command.ts";
import { upRequest } from "../embedded.ts";
import { describe } from "../table.ts";

export const runtimeUp: RunCommand = async (context) => {
  const runtime = await upEmbedded({ ...upRequest(context), detached: true, onlyNew: false });
  const renewed = runtime.renewed_tokens.map(
    (role) => `The ${role} token had been revoked, or was unknown here: this is another one.`,
  );
  return { ok: true, fields: runtime, text: [describe(runtime), ...renewed].join("\n") };
};
