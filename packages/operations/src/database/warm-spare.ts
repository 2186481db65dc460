import { prepareSpareDatabase, type TemplateSource } from "@oroboros/db-safety";
import type { SlotId } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";
import { slotPermit } from "./slot-permit.ts";

/**
 * Prepares the database that the slot's next reset to this content takes. It only saves time: a failure is logged, and the
 * reset that needs the database says what is wrong with it. Says whether it is there now.
 */
export async function warmSpare(
  context: Context,
  slot: SlotId,
  source: TemplateSource,
  signal?: AbortSignal,
): Promise<boolean> {
  const { server, slotPasswordKey } = context;
  try {
    const { prepared } = await prepareSpareDatabase(slotPermit(context, slot), {
      server,
      source,
      slotPasswordKey,
      signal,
    });
    if (prepared) context.log.info({ slot }, "a database for the slot's next reset is ready");
    return true;
  } catch (error) {
    if (signal?.aborted !== true)
      context.log.warn({ slot, err: error }, "no database for the slot's next reset was prepared");
    return false;
  }
}
