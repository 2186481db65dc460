import { findSlotIdentity, type Store } from "@oroboros/control-store";
import type { SlotAccess } from "@oroboros/db-safety";
import { OperatorError, type SlotId } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";
import { slotPermit } from "./slot-permit.ts";

/**
 * What a session in the slot's live database needs: the judge's permit, and what the last reset has made that database.
 *
 * @throws OperatorError the judge's refusals; `not_marked` for a slot that was never reset.
 */
export async function slotAccess(context: Context, slot: SlotId, store: Store = context.store): Promise<SlotAccess> {
  const permit = slotPermit(context, slot);
  const identity = await findSlotIdentity(store, slot);
  if (identity !== undefined) return { permit, identity, slotPasswordKey: context.slotPasswordKey };
  throw new OperatorError("not_marked", `${permit.database} was never reset: nobody can log in to it yet.`, {
    hint: `Give ${slot} its first database with: oroboros db reset --slot ${slot}`,
  });
}
