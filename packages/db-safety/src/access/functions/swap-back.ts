import { DATABASE_OWNER_ROLE } from "@oroboros/slot-contract";
import { KEPT, LIVE, type AccessFunction } from "../access-function.ts";

/** The kept database becomes live again, with the marker it had; the live one may be dropped. */
export const swapBack: AccessFunction = {
  name: "swap_back",
  parameters: "p_slot integer, p_epoch bigint",
  returns: "void",
  owner: DATABASE_OWNER_ROLE,
  body: `
begin
  perform slot_access.hold_grant(p_slot, p_epoch);
  if slot_access.find_live(p_slot) then
    perform slot_access.retire(p_slot, ${LIVE});
  end if;
  execute format('alter database %I rename to %I', ${KEPT}, ${LIVE});
  perform slot_access.open_database(p_slot);
end`,
};
