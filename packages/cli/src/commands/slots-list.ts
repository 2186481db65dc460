import type { RunCommand } from "../command.ts";
import { connectApi } from "../connect-api.ts";
import { table } from "../table.ts";

export const slotsList: RunCommand = async (context) => {
  const slots = await (await connectApi(context)).listSlots();
  const rows = slots.map((slot) => [
    slot.slot_id,
    slot.state,
    slot.lease_state,
    slot.run_id,
    slot.expires_at,
    slot.frontend_url,
  ]);
  return { ok: true, fields: { slots }, text: table(["slot", "state", "lease", "run", "expires", "frontend"], rows) };
};
