import {
  keptDatabase,
  retiredDatabase,
  SLOT_ACCESS_SCHEMA,
  slotDatabase,
  slotNumber,
  spareDatabase,
  type SlotId,
} from "@oroboros/slot-contract";
import { sql } from "kysely";
import { dropDatabase, findDatabases } from "./databases.ts";
import { requireMarker } from "./live-identity.ts";
import { discardedMarker } from "./marker.ts";
import { requirePermit, type SlotDatabasePermit } from "./permit.ts";
import type { Session } from "./session.ts";
import { openAsOwner } from "./sessions.ts";
import { slotLock } from "./slot-lock.ts";
import type { SlotServer } from "./slot-server.ts";
import { takeBack } from "./snapshot/take-back.ts";
import { whileItLives, type HoldingSession } from "./while-it-lives.ts";
import { untilStopped } from "./until-stopped.ts";

/** What the slot has on the server: each field is the comment, undefined where there is no such database. */
export type SlotDatabases = Readonly<{
  live: string | null | undefined;
  spare: string | null | undefined;
  /** Undefined also for one that was given up. */
  kept: string | null | undefined;
}>;

const REFILL = sql`pg_catalog.hashtextextended('oroboros:refill', 0)`;

/**
 * A session of the worker that holds the slot's databases: their names are the slot's, so one reset, preparation or
 * restoration of a slot acts at a time, also where the lease of the earlier one is gone. Should its process stop, the server ends
 * the session, and whoever waits for the slot goes on; the holder's transaction is over by then, so one that wakes up swaps nothing.
 *
 * @param options.background nobody waits for it: one such session at a time, whatever its slot, because what copies and drops
 *   databases takes the disk from everybody else.
 */
export async function openHoldingSlot(
  permit: SlotDatabasePermit,
  server: SlotServer,
  { signal, background = false }: { signal?: AbortSignal | undefined; background?: boolean } = {},
): Promise<HoldingSession> {
  requirePermit(permit);
  if (permit.host !== server.host || permit.port !== server.port) throw new Error("the permit is for another server");
  // Before it waits for the lock: a process that stopped while it waited would else be given it for ever.
  const owner = await whileItLives(await openAsOwner(server));
  try {
    const first = background ? sql`select pg_catalog.pg_advisory_lock(${REFILL});` : sql``;
    // A preparation may hold it for as long as main's seed takes, which is not a lock that something forgot to release.
    await untilStopped(owner, signal && { server, signal }, () =>
      owner.run(sql`
        set lock_timeout = 0;
        ${first}
        select pg_catalog.pg_advisory_lock(${slotLock(permit.slot)});
        reset lock_timeout`),
    );
    return owner;
  } catch (error) {
    await owner[Symbol.asyncDispose]();
    throw error;
  }
}

/**
 * Looks at the slot's databases, opens the live one where a killed copy has left it closed, and drops what a killed or earlier
 * operation has put aside.
 *
 * @throws OperatorError `not_marked` or `identity_mismatch` where the live, the kept or the retired database is not the slot's.
 */
export async function tidySlot(owner: Session, slot: SlotId): Promise<SlotDatabases> {
  const names = { live: slotDatabase(slot), spare: spareDatabase(slot), kept: keptDatabase(slot) };
  const retired = retiredDatabase(slot);
  const found = await findDatabases(owner, [...Object.values(names), retired]);
  const live = found.get(names.live)?.comment;
  const kept = found.get(names.kept)?.comment;
  const isDiscarded = kept === discardedMarker(slot);
  if (live !== undefined) requireMarker(live, { database: names.live, slot });
  if (kept !== undefined && !isDiscarded) requireMarker(kept, { database: names.kept, slot });
  if (found.get(names.live)?.isTemplate === true) await takeBack(owner, slot);
  if (found.has(retired)) {
    // It was the slot's when it was live, and its comment says so still.
    requireMarker(found.get(retired)?.comment ?? null, { database: retired, slot });
    await dropDatabase(owner, retired);
  }
  if (isDiscarded) await dropDatabase(owner, names.kept);
  return { live, spare: found.get(names.spare)?.comment, kept: isDiscarded ? undefined : kept };
}

/**
 * The same after a swap, which has committed: what can not be dropped now, or would be while another slot's is copied, is left to
 * the slot's next operation, which begins with it and says what is in the way.
 */
export async function tidyAfterSwap(owner: Session, slot: SlotId): Promise<void> {
  await tidyInTurn(owner, slot).catch(() => undefined);
  await owner.run(sql`select ${sql.id(SLOT_ACCESS_SCHEMA, "drop_logins")}(${slotNumber(slot)})`).catch(() => undefined);
}

async function tidyInTurn(owner: Session, slot: SlotId): Promise<void> {
  const [turn] = await owner.run(sql<{ mine: boolean }>`select pg_catalog.pg_try_advisory_lock(${REFILL}) as mine`);
  if (turn?.mine !== true) return;
  try {
    await tidySlot(owner, slot);
  } finally {
    await owner.run(sql`select pg_catalog.pg_advisory_unlock(${REFILL})`);
  }
}
