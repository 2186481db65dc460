import { measureSlotDatabase, SLOT_LIMITS, type SlotLimits } from "@oroboros/db-safety";
import { slotDatabase, type SlotId } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";
import { slotAccess } from "../database/slot-access.ts";

interface FailedCheck {
  name: string;
  url: string;
  healthy: false;
  detail: string;
}

const MEGABYTE = 1024 ** 2;

/**
 * Why a held slot's database lets its backend in no more. None where it does, or where that can not be found out: what else is wrong
 * with it, the backend's own health says.
 */
export async function checkDatabase(
  context: Context,
  slot: SlotId,
  limits: SlotLimits = SLOT_LIMITS,
): Promise<FailedCheck[]> {
  const { host, port } = context.server;
  try {
    const size = await measureSlotDatabase(await slotAccess(context, slot), { server: context.server, limits });
    if (!size.isLockedOut) return [];
    const taken = `takes ${Math.ceil(size.bytes / MEGABYTE)} of ${Math.floor(size.limit / MEGABYTE)} MB`;
    const detail = `${taken}, and its backend is let in no more; give it a fresh one with: oroboros db reset --slot ${slot}`;
    return [{ name: "database", url: `postgresql://${host}:${port}/${slotDatabase(slot)}`, healthy: false, detail }];
  } catch {
    return [];
  }
}
