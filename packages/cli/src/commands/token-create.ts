import { createAccessToken, hostActor } from "@oroboros/operations";
import { ROLES } from "@oroboros/slot-contract";
import type { RunCommand } from "../command.ts";
import { describe } from "../table.ts";
import { withOperations } from "../with-operations.ts";

export const tokenCreate: RunCommand = async (context) => {
  const role = ROLES.find((known) => known === context.input.text("role"));
  if (role === undefined) throw new Error("the command table lets another role through");
  const label = context.input.text("label");
  const actor = hostActor(context.world.user.uid);
  const token = await withOperations(context, (operations) => createAccessToken(operations, { role, label, actor }));
  return { ok: true, fields: token, text: `${describe(token)}\nIt is shown this once: only its hash is stored.` };
};
