import type { RunCommand } from "../command.ts";
import { connectApi } from "../connect-api.ts";
import { describe } from "../table.ts";

export const slotsReapExpired: RunCommand = async (context) => {
  const answer = await (await connectApi(context)).reapExpiredSlots();
  const text = describe({ expired_count: answer.expired_count, expired_slots: answer.expired_slots.join(" ") });
  return { ok: true, fields: answer, text };
};
