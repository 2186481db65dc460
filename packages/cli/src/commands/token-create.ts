import { createAccessToken, hostActor } from "@oroboros/operations";
import { ROLES } from "@oroboros/slot-contract";
import { badValue } from "../bad-value.ts";
import type { RunCommand } from "../command.ts";
import { describe } from "../table.ts";
import { withOperations } from "../with-operations.ts";

export const tokenCreate: RunCommand = async (context) => {
  const role = ROLES.find((known) => known === context.input.text("role"));
  if (role === undefined) throw new Error("the command table lets another role through");
  const label = parseLabel(context.input.text("label"));
  const actor = hostActor(context.world.user.uid);
  const token = await withOperations(context, (operations) => createAccessToken(operations, { role, label, actor }));
  return { ok: true, fields: token, text: `${describe(token)}\nIt is shown this once: only its hash is stored.` };
};

function parseLabel(text: string): string {
  const label = text.trim();
  if (label.length >= 1 && label.length <= 200) return label;
  const hint = "Say who or what it is for, for example: --label ci";
  throw badValue("--label", text, { allowed: "give 1 to 200 characters", hint });
}
