import { MAX_SLOTS, OperatorError, slotDatabase, slotIds, type ErrorCode, type SlotId } from "@oroboros/slot-contract";
import { parseDatabaseUrl } from "./parse-database-url.ts";
import { mintPermit, type SlotDatabasePermit } from "./permit.ts";
import type { SlotServer } from "./slot-server.ts";

const VARIABLE = "PREVIEW_BACKEND_DATABASE_URL_TEMPLATE";
const SLOT_DATABASES: readonly (string | undefined)[] = slotIds({ slotCount: MAX_SLOTS }).map(slotDatabase);

/**
 * Decides whether a claimed URL is the database of this slot on this server, and if so mints the permit to work on it. The
 * claim's user and password are not used: the permit's fields are built from the slot and the server alone.
 *
 * @throws OperatorError naming the wrong component: `host_mismatch`, `port_mismatch`, `slot_database_mismatch` for another
 *   slot's database, `non_preview_database_target` for any other, and the codes of an unreadable URL.
 */
export function judgeSlotDatabase(request: {
  slot: SlotId;
  claimedUrl: string;
  server: Pick<SlotServer, "host" | "port">;
}): SlotDatabasePermit {
  const { slot, claimedUrl, server } = request;
  const claim = parseDatabaseUrl(claimedUrl, VARIABLE);
  const expected = slotDatabase(slot);

  if (claim.host !== server.host) throw mismatch("host_mismatch", slot, "host", claim.host, server.host);
  if (claim.port !== server.port) throw mismatch("port_mismatch", slot, "port", claim.port, server.port);
  if (claim.database !== expected) {
    const isOtherSlot = SLOT_DATABASES.includes(claim.database);
    const code = isOtherSlot ? "slot_database_mismatch" : "non_preview_database_target";
    throw mismatch(code, slot, "database", claim.database, expected);
  }
  return mintPermit(slot, server);
}

function mismatch(
  code: ErrorCode,
  slot: SlotId,
  component: string,
  claimed: string | number | undefined,
  expected: string | number,
): OperatorError {
  const said = claimed === undefined ? `no ${component}` : `${component} ${claimed}`;
  return new OperatorError(code, `${VARIABLE} names ${said}, but ${slot} is served by ${component} ${expected}.`, {
    hint: `Correct the ${component} in ${VARIABLE} in worker.env; {slot} stands for the slot's number.`,
  });
}
