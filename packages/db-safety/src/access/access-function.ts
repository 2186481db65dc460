import {
  keptDatabase,
  parseSlotId,
  retiredDatabase,
  slotDatabase,
  slotLogin,
  slotRole,
  spareDatabase,
  type DATABASE_OWNER_ROLE,
  type LeaseEpoch,
  type ROTATOR_ROLE,
  type SlotId,
} from "@oroboros/slot-contract";

/**
 * A function of the control database. One with an owner runs as it (`security definer`) and is the worker's to call; one without
 * is a part of those, and nobody else's.
 */
export type AccessFunction = Readonly<{
  name: string;
  /** As `create function` takes them; callers pass only a slot's number, a lease's epoch and what those alone can not say. */
  parameters: string;
  returns: string;
  owner: typeof ROTATOR_ROLE | typeof DATABASE_OWNER_ROLE | null;
  /** PL/pgSQL: declarations and block. */
  body: string;
}>;

/** Raised where the grant of a lease that a function was called for does not hold any more. */
export const STALE_GRANT = "OR001";
/** Raised where a database is not the one that its name says. */
export const FOREIGN_DATABASE = "OR002";

const ANY: SlotId = parseSlotId({ slotCount: 1 }, "preview-1");

/** The SQL that makes a slot's name out of its number, from the function that makes it here: both can not drift apart. */
const sqlName = (derive: (slot: SlotId) => string): string => `format('${derive(ANY).replace(/1$/, "%s")}', p_slot)`;

export const LIVE = sqlName(slotDatabase);
export const SPARE = sqlName(spareDatabase);
export const KEPT = sqlName(keptDatabase);
export const RETIRED = sqlName(retiredDatabase);
export const OWNER = sqlName(slotRole);
/** The login of an epoch, which is an SQL expression. */
export const loginOf = (epoch: string): string =>
  `format('${slotLogin(ANY, "0" as LeaseEpoch).replace("1_e0", "%s_e%s")}', p_slot, ${epoch})`;
