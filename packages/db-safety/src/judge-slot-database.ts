import {
  MAX_SLOTS,
  OperatorError,
  parseSlotId,
  slotDatabase,
  slotIds,
  type ErrorCode,
  type SlotId,
} from "@oroboros/slot-contract";
import { parseDatabaseUrl } from "./parse-database-url.ts";
import { mintPermit, type SlotDatabasePermit } from "./permit.ts";
import { isProductionDatabase } from "./production-databases.ts";
import type { SlotServer } from "./slot-server.ts";

const VARIABLE = "PREVIEW_BACKEND_DATABASE_URL_TEMPLATE";
const SLOT_DATABASES: readonly (string | undefined)[] = slotIds({ slotCount: MAX_SLOTS }).map(slotDatabase);
const SHOWN_LENGTH = 80;

type Claim = Readonly<{
  slot: SlotId;
  claimedUrl: string;
  server: Pick<SlotServer, "host" | "port">;
  /** Names of production's databases, besides those that are production's wherever the runtime is installed. */
  productionDatabases?: readonly string[];
}>;

/**
 * Decides whether a claimed URL is the database of this slot on this server, and if so mints the permit to work on it. The
 * claim's user and password are not used: the permit's fields are built from the slot and the server alone.
 *
 * @throws OperatorError naming the wrong component, in this order: `invalid_slot`; the codes of an unreadable URL;
 *   `production_target` where the name alone says what would have been hit, on whichever server; `host_mismatch` and
 *   `port_mismatch`; `slot_database_mismatch` for another slot's database and `non_preview_database_target` for any other.
 */
export function judgeSlotDatabase({ slot, claimedUrl, server, productionDatabases }: Claim): SlotDatabasePermit {
  requireCanonical(slot);
  const claim = parseDatabaseUrl(claimedUrl, VARIABLE);
  const expected = slotDatabase(slot);

  if (claim.database !== undefined && isProductionDatabase(claim.database, productionDatabases)) {
    throw productionTarget(slot, claim.database, expected);
  }
  // What stands in the host's place is not repeated: with a user or a host left out, that is the password.
  if (claim.host !== server.host) throw mismatch("host_mismatch", slot, "host", "another host", server.host);
  if (claim.port !== server.port) throw mismatch("port_mismatch", slot, "port", said("port", claim.port), server.port);
  if (claim.database !== expected) {
    const isOtherSlot = SLOT_DATABASES.includes(claim.database);
    const code = isOtherSlot ? "slot_database_mismatch" : "non_preview_database_target";
    throw mismatch(code, slot, "database", said("database", claim.database), expected);
  }
  return mintPermit(slot, server);
}

/** The type says so already, but every name is built from it, and a cast can say anything. */
function requireCanonical(slot: SlotId): void {
  if (parseSlotId({ slotCount: MAX_SLOTS }, slot) === slot) return;
  throw new OperatorError("invalid_slot", `${JSON.stringify(slot)} is a slot's other name.`, {
    hint: "Write it as preview-<n>.",
  });
}

function productionTarget(slot: SlotId, database: string, expected: string): OperatorError {
  return new OperatorError(
    "production_target",
    `${VARIABLE} names database ${database}, which is no preview's on any server; ${slot} is served by database ${expected}.`,
    { hint: `Correct the database in ${VARIABLE} in worker.env, and find out how ${database} got there.` },
  );
}

function mismatch(
  code: ErrorCode,
  slot: SlotId,
  component: string,
  claimed: string,
  expected: string | number,
): OperatorError {
  return new OperatorError(code, `${VARIABLE} names ${claimed}, but ${slot} is served by ${component} ${expected}.`, {
    hint: `Correct the ${component} in ${VARIABLE} in worker.env; {slot} stands for the slot's number.`,
  });
}

const said = (component: string, claimed: string | number | undefined): string =>
  claimed === undefined ? `no ${component}` : `${component} ${String(claimed).slice(0, SHOWN_LENGTH)}`;
