import { WORKER_ROLE } from "@oroboros/slot-contract";
import { RETIRED, type AccessFunction } from "../access-function.ts";

/** DROP DATABASE runs in no transaction: the database is given to the worker under a name that says it may be dropped. */
export const retire: AccessFunction = {
  name: "retire",
  parameters: "p_slot integer, p_database name",
  returns: "void",
  owner: null,
  body: `
begin
  perform slot_access.close_database(p_database);
  execute format('alter database %I rename to %I', p_database, ${RETIRED});
  execute format('alter database %I owner to ${WORKER_ROLE}', ${RETIRED});
end`,
};
