import {
  findLease,
  migrateControlStore,
  openControlStore,
  provisionSlots,
  type LeaseRef,
  type Store,
} from "@oroboros/control-store";
import { defineContract, OperatorError, slotIds, type SlotId } from "@oroboros/slot-contract";
import { startPostgres } from "@oroboros/test-support";
import type { Context } from "../context.ts";
import { underLease } from "../publish/step-context.ts";

/** Publishes on a real control database, of which everything else is only noted. */
export interface ScheduledWorld extends AsyncDisposable {
  readonly context: Context;
  readonly store: Store;
  readonly slots: readonly SlotId[];
}

const nothing = (): undefined => undefined;

/** Time only passes where somebody says so. */
const untilAborted: Context["clock"]["sleep"] = (_ms, signal) =>
  new Promise((resolve) => signal?.addEventListener("abort", () => resolve(), { once: true }));

export async function aScheduledWorld(): Promise<ScheduledWorld> {
  const postgres = await startPostgres();
  const databaseUrl = postgres.superuserUrl();
  const control = openControlStore({ databaseUrl, maxConnections: 30, onError: nothing });
  const store = control.db;
  const contract = defineContract({ root: "/nowhere", slotCount: 2, portOffset: 0 });
  const slots = slotIds(contract);
  await migrateControlStore(store);
  await provisionSlots(store, slots);
  const queue = { enqueue: async () => undefined, enqueueSweep: async () => undefined };
  const clock = { now: () => performance.now(), today: () => new Date(), sleep: untilAborted };
  const log = { info: nothing, warn: nothing, error: nothing };
  const context = {
    contract,
    store,
    queue,
    clock,
    log,
    workerId: null,
    unread: new Map(),
    runTimeoutSeconds: 1_800,
  } as unknown as Context;
  return {
    context,
    store,
    slots,
    [Symbol.asyncDispose]: async () => {
      await control.close();
      await postgres.stop();
    },
  };
}

/** What somebody did to a slot, and whether its lease was still held under that epoch. */
export interface Effect {
  lease: LeaseRef;
  step: string;
  by: "supervisor" | "worker";
  isLost: boolean;
}

type Doing = Pick<Effect, "lease" | "step">;

/** Everything that was done, in its order. */
export const effects: Effect[] = [];
const greatest = new Map<SlotId, bigint>();

/** As the supervisor does it: whoever presents an earlier epoch than somebody before is refused. */
export async function actThroughSupervisor(doing: Doing): Promise<void> {
  const { slotId, leaseEpoch } = doing.lease;
  const epoch = BigInt(leaseEpoch);
  if (epoch < (greatest.get(slotId) ?? 0n)) {
    throw new OperatorError("stale_lease", `Lease ${leaseEpoch} of ${slotId} is no longer held.`, { hint: "Wait." });
  }
  greatest.set(slotId, epoch);
  effects.push({ ...doing, by: "supervisor", isLost: false });
}

/** As files and databases are changed: while nobody can take the lease away. */
export function actUnderLease(context: Context, doing: Doing): Promise<void> {
  const { lease } = doing;
  return underLease({ context, lease }, async (tx) => {
    const { leaseEpoch, leaseState } = await findLease(tx, lease.slotId);
    effects.push({ ...doing, by: "worker", isLost: leaseEpoch !== lease.leaseEpoch || leaseState !== "held" });
  });
}
