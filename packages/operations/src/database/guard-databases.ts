import { appendEvent, holdLease, listSlots, type SlotLease } from "@oroboros/control-store";
import {
  capSlotDatabase,
  endOffenders,
  measureSlotDatabase,
  SLOT_LIMITS,
  type DatabaseSize,
  type SlotLimits,
} from "@oroboros/db-safety";
import { slotDatabase, type RunId } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";
import { slotAccess } from "./slot-access.ts";
import { slotPermit } from "./slot-permit.ts";

/** Sizes change more slowly than a session is in the way, and cost more to ask for. */
const MEASURED_EVERY = 5;
/** Of its limit: above it somebody is told, and told again only after it was below the other. */
const NEARLY_FULL = 0.8;
const ROOM_AGAIN = 0.7;

/** The slots of which it was said that their databases are nearly full. */
type Warned = Set<string>;

/** Looks after what slots do to the server that they share, now and then, until the signal. Never rejects. */
export async function keepGuarding(
  context: Context,
  { intervalMs, signal, limits = SLOT_LIMITS }: { intervalMs: number; signal: AbortSignal; limits?: SlotLimits },
): Promise<void> {
  const warned: Warned = new Set();
  for (let round = 0; !signal.aborted; round += 1) {
    await guardSessions(context, limits);
    if (round % MEASURED_EVERY === 0) await guardSizes(context, limits, warned);
    await context.clock.sleep(intervalMs, signal);
  }
}

/** Ends the sessions by which a slot keeps others from working. */
async function guardSessions({ server, log }: Context, limits: SlotLimits = SLOT_LIMITS): Promise<void> {
  try {
    for (const ended of await endOffenders(server, limits)) log.warn(ended, "a session of a slot was ended");
  } catch (error) {
    log.warn({ err: error }, "the slots' sessions could not be looked at; the next round tries again");
  }
}

/**
 * Locks out the runs whose databases have grown past their limits. A slot that no run holds has only our own processes in its database.
 */
export async function guardSizes(
  context: Context,
  limits: SlotLimits = SLOT_LIMITS,
  warned: Warned = new Set(),
): Promise<void> {
  try {
    for (const slot of await listSlots(context.store)) {
      if (slot.leaseState === "held" && slot.runId !== null) await guardSlot(context, slot, { limits, warned });
    }
  } catch (error) {
    context.log.warn({ err: error }, "the slots' databases could not be looked at; the next round tries again");
  }
}

/** One slot that can not be looked at keeps no other one from it. */
async function guardSlot(
  context: Context,
  slot: SlotLease,
  { limits, warned }: { limits: SlotLimits; warned: Warned },
): Promise<void> {
  const { slotId, runId } = slot;
  try {
    const size = await measureSlotDatabase(await slotAccess(context, slotId), { server: context.server, limits });
    warnOnce(context, slot, { size, warned });
    if (runId === null || size.isLockedOut || size.bytes <= size.limit) return;
    await lockOutOversized(context, { ...slot, runId }, size.limit);
  } catch (error) {
    context.log.warn({ err: error, slot_id: slotId }, "a slot's database could not be held to its size");
  }
}

function warnOnce({ log }: Context, { slotId, runId }: SlotLease, found: { size: DatabaseSize; warned: Warned }): void {
  const { size, warned } = found;
  const share = size.bytes / size.limit;
  if (share < ROOM_AGAIN) warned.delete(slotId);
  if (share < NEARLY_FULL || warned.has(slotId)) return;
  warned.add(slotId);
  log.warn({ slot_id: slotId, run_id: runId, ...size }, "a slot's database is nearly as large as it may be");
}

async function lockOutOversized(context: Context, slot: SlotLease & { runId: RunId }, limit: number): Promise<void> {
  const { store, server, log } = context;
  const { slotId, leaseEpoch, runId } = slot;
  await capSlotDatabase(slotPermit(context, slotId), {
    server,
    leaseEpoch,
    limit,
    withLeaseHeld: (act) =>
      store.transaction().execute(async (tx) => {
        await holdLease(tx, slot);
        const bytes = await act(tx);
        if (bytes === null) return null;
        const message = tooLarge(slotId, bytes, limit);
        const hint = `Give ${slotId} a fresh database with: oroboros db reset --slot ${slotId} --run-id ${runId}`;
        await appendEvent(tx, { runId, eventType: "database_locked_out", detail: { bytes, limit, message, hint } });
        log.warn({ slot_id: slotId, run_id: runId, bytes, limit }, message);
        return bytes;
      }),
  });
}

const tooLarge = (slot: SlotLease["slotId"], bytes: number, limit: number): string =>
  `${slotDatabase(slot)} has grown to ${megabytes(bytes)} MB, and may take ${megabytes(limit)} MB: its backend is let in no more.`;

const megabytes = (bytes: number): number => Math.ceil(bytes / 1024 ** 2);
