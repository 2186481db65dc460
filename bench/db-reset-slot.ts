import {
  acquireMaintenanceLease,
  findSlotIdentity,
  holdLease,
  migrateControlStore,
  openControlStore,
  provisionSlots,
  recordReset,
  releaseLease,
  type LeaseRef,
  type Store,
} from "@oroboros/control-store";
import {
  ensureTemplate,
  judgeSlotDatabase,
  prepareSpareDatabase,
  provisionAccess,
  provisionServer,
  resetSlotDatabase,
  slotDatabaseUrl,
  slotServer,
  templateHash,
  type ResetReport,
  type SlotDatabasePermit,
  type SlotServer,
  type TemplateSource,
} from "@oroboros/db-safety";
import {
  CONTROL_DATABASE,
  MIGRATOR_ROLE,
  parseSlotId,
  slotDatabase,
  templateDatabase,
  WORKER_ROLE,
} from "@oroboros/slot-contract";
import type { DurablePostgres } from "./db-reset-server.ts";
import { timed } from "./db-reset-timed.ts";

const PASSWORDS = { api: "bench-api", worker: "bench-worker" };
const KEY = "5a".repeat(32);
const TTL_SECONDS = 3_600;
const SLOT = parseSlotId({ slotCount: 1 }, "preview-1");

interface World {
  store: Store;
  server: SlotServer;
  permit: SlotDatabasePermit;
  lease: LeaseRef;
}

/** A slot of an installation, and what the worker does with its database. */
export interface BenchSlot extends AsyncDisposable {
  /** Of the slot's backend, for as long as its lease lasts; there is none before the first reset. */
  url(): Promise<string>;
  buildTemplate(source: TemplateSource): Promise<{ database: string; tookMs: number }>;
  /** What the next reset swaps in, as the worker prepares it whenever there is time. */
  prepareSpare(source: TemplateSource): Promise<void>;
  /**
   * As operations reset it, under a lease of its own. The time ends where the caller goes on, which is before the old database is
   * dropped; this waits for that too.
   *
   * @param expected whether a prepared database waits for it.
   */
  reset(source: TemplateSource, expected: { warm: boolean }): Promise<number>;
}

export async function provisionBenchSlot(postgres: DurablePostgres): Promise<BenchSlot> {
  await provision(postgres);
  const workerUrl = `postgresql://${WORKER_ROLE}:${PASSWORDS.worker}@127.0.0.1:${postgres.port}/${CONTROL_DATABASE}`;
  const control = openControlStore({ databaseUrl: workerUrl, onError: () => undefined });
  const server = slotServer(workerUrl);
  const claimedUrl = `postgresql://127.0.0.1:${postgres.port}/${slotDatabase(SLOT)}`;
  const permit = judgeSlotDatabase({ slot: SLOT, claimedUrl, server });
  const world = { store: control.db, server, permit, lease: await takeLease(control.db) };
  return {
    url: async () => {
      const identity = await findSlotIdentity(world.store, SLOT);
      if (identity === undefined) throw new Error(`${SLOT} was never reset`);
      return slotDatabaseUrl({ permit, identity, slotPasswordKey: KEY });
    },
    buildTemplate: async (source) => ({
      tookMs: await timed(() => ensureTemplate(server, source, { slotPasswordKey: KEY })),
      database: templateDatabase(templateHash(source)),
    }),
    prepareSpare: async (source) => {
      await prepareSpareDatabase(permit, { server, source, slotPasswordKey: KEY });
    },
    reset: async (source, expected) => {
      await releaseLease(world.store, world.lease, { clean: true });
      world.lease = await takeLease(world.store);
      const startedAt = performance.now();
      const { warm, cleanedUp } = await reset(world, source);
      const tookMs = performance.now() - startedAt;
      await cleanedUp;
      if (warm !== expected.warm)
        throw new Error(`the reset was ${warm ? "warm" : "cold"}, which is not what is measured`);
      return tookMs;
    },
    [Symbol.asyncDispose]: () => control.close(),
  };
}

async function provision(postgres: DurablePostgres): Promise<void> {
  const superuserUrl = postgres.superuserUrl();
  await provisionServer({ superuserUrl, slots: [SLOT], passwords: PASSWORDS, slotPasswordKey: KEY });
  const control = openControlStore({ databaseUrl: postgres.superuserUrl(CONTROL_DATABASE), onError: () => undefined });
  await migrateControlStore(control.db, { owner: MIGRATOR_ROLE });
  await provisionSlots(control.db, [SLOT]);
  await provisionAccess({ superuserUrl });
  await control.close();
}

async function takeLease(store: Store): Promise<LeaseRef> {
  const lease = await acquireMaintenanceLease(store, SLOT, TTL_SECONDS);
  if (lease === undefined) throw new Error(`${SLOT} is not free`);
  return lease;
}

/** What `operations` does for a leased slot: the lease is proven and the provenance written in the transaction that swaps. */
function reset({ store, server, permit, lease }: World, source: TemplateSource): Promise<ResetReport> {
  return resetSlotDatabase(permit, {
    server,
    source,
    marker: { runId: lease.runId, leaseEpoch: lease.leaseEpoch },
    slotPasswordKey: KEY,
    withLeaseHeld: (swap) =>
      store.transaction().execute(async (tx) => {
        await holdLease(tx, lease);
        const swapped = await swap(tx);
        await recordReset(tx, {
          ...lease,
          dbName: permit.database,
          strategy: "seed",
          seedVersion: source.seed?.version ?? null,
          snapshotVersion: null,
          resetStatus: "succeeded",
          details: { ...swapped, duration_ms: 0 },
        });
        return swapped;
      }),
  });
}
