import { DATABASE_OWNER_ROLE, WORKER_ROLE } from "@oroboros/slot-contract";
import { discardedSql } from "../../marker.ts";
import { KEPT, type AccessFunction } from "../access-function.ts";

/** Says of the kept database that it may be dropped, and gives it to the worker, who does. */
export const markDiscarded: AccessFunction = {
  name: "mark_discarded",
  parameters: "p_slot integer, p_slot_id text",
  returns: "void",
  owner: null,
  body: `
begin
  execute format('comment on database %I is %L', ${KEPT}, ${discardedSql("p_slot_id")});
  execute format('alter database %I owner to ${WORKER_ROLE}', ${KEPT});
end`,
};

/** The same for whoever holds the slot. */
export const discardKept: AccessFunction = {
  name: "discard_kept",
  parameters: "p_slot integer, p_epoch bigint",
  returns: "void",
  owner: DATABASE_OWNER_ROLE,
  body: `
declare
  held public.slot_leases := slot_access.hold_grant(p_slot, p_epoch);
begin
  perform slot_access.mark_discarded(p_slot, held.slot_id);
end`,
};
