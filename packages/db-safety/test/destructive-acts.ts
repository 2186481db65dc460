import type { LeaseEpoch, SlotId } from "@oroboros/slot-contract";
import type { QueryExecutorProvider } from "kysely";
import {
  createSnapshotOfSlot,
  dropKeptDatabase,
  fingerprintSlotDatabase,
  capSlotDatabase,
  lockSlotOut,
  measureSlotDatabase,
  migrateSlotDatabase,
  planMigration,
  prepareSpareDatabase,
  proveSlotDatabase,
  refusedSeed,
  resetSlotDatabase,
  restoreKeptDatabase,
  seedMigratedDatabase,
  seedSlotDatabase,
  SLOT_LIMITS,
  slotDatabaseUrl,
  type SlotDatabasePermit,
  type SlotIdentity,
  type SlotServer,
} from "../src/index.ts";
import { KEY, RUN } from "./provisioned-server.ts";

type World = Readonly<{
  slot: SlotId;
  server: SlotServer;
  leaseEpoch: LeaseEpoch;
  identity(): Promise<SlotIdentity>;
  transaction<Result>(act: (tx: QueryExecutorProvider) => Promise<Result>): Promise<Result>;
}>;

export type Act = (permit: SlotDatabasePermit) => Promise<unknown>;

const MIGRATIONS = [{ name: "0001_notes.sql", sql: "create table notes (body text)" }];
const SEED = { version: "v1", sql: "insert into notes values ('seeded')" };
const SOURCE = { migrations: MIGRATIONS, seed: null };

/** Every exported function that changes, reads or names a slot's database, as somebody with a lease would call it. */
export function actsOf({ server, leaseEpoch, identity, transaction }: World): Readonly<Record<string, Act>> {
  const access = async (permit: SlotDatabasePermit) => ({ permit, identity: await identity(), slotPasswordKey: KEY });
  const leased = { server, leaseEpoch, slotPasswordKey: KEY, withLeaseHeld: transaction };
  const marker = { runId: RUN, leaseEpoch };
  return {
    resetSlotDatabase: async (permit) =>
      (await resetSlotDatabase(permit, { ...leased, source: SOURCE, marker, keepOld: true })).cleanedUp,
    prepareSpareDatabase: (permit) => prepareSpareDatabase(permit, { server, source: SOURCE, slotPasswordKey: KEY }),
    seedSlotDatabase: async (permit) => seedSlotDatabase(await access(permit), { seed: SEED, runId: null }),
    refusedSeed: async (permit) => {
      const refused = await refusedSeed(await access(permit), { seed: SEED, runId: null });
      if (refused !== undefined) throw refused;
    },
    seedMigratedDatabase: async (permit) => seedMigratedDatabase(await access(permit), { seed: SEED, runId: null }),
    planMigration: async (permit) => planMigration(await access(permit), { migrations: MIGRATIONS }),
    migrateSlotDatabase: async (permit) => migrateSlotDatabase(await access(permit), { migrations: MIGRATIONS }),
    proveSlotDatabase: async (permit) => proveSlotDatabase(await access(permit), { runId: null }),
    slotDatabaseUrl: async (permit) => slotDatabaseUrl(await access(permit)),
    dropKeptDatabase: (permit) => dropKeptDatabase(permit, leased),
    restoreKeptDatabase: (permit) => restoreKeptDatabase(permit, leased),
    lockSlotOut: (permit) => lockSlotOut(permit, leased),
    measureSlotDatabase: async (permit) => measureSlotDatabase(await access(permit), { server, limits: SLOT_LIMITS }),
    capSlotDatabase: (permit) => capSlotDatabase(permit, { ...leased, limit: SLOT_LIMITS.bytes }),
    createSnapshotOfSlot: async (permit) =>
      createSnapshotOfSlot(await access(permit), { server, leaseEpoch, id: "1", version: "s1" }),
    fingerprintSlotDatabase: async (permit) => fingerprintSlotDatabase(await access(permit)),
  };
}
