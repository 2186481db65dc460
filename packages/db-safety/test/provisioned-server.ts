import {
  API_ROLE,
  CONTROL_DATABASE,
  slotDatabase,
  MIGRATOR_ROLE,
  slotIds,
  type LeaseEpoch,
  type RunId,
  type SlotId,
} from "@oroboros/slot-contract";
import {
  findLease,
  findSlotIdentity,
  migrateControlStore,
  openControlStore,
  provisionSlots,
} from "@oroboros/control-store";
import { startPostgres } from "@oroboros/test-support";
import { sql, type QueryExecutorProvider } from "kysely";
import { Client } from "pg";
import {
  dropKeptDatabase,
  judgeSlotDatabase,
  lockSlotOut,
  prepareSpareDatabase,
  provisionAccess,
  provisionServer,
  resetSlotDatabase,
  restoreKeptDatabase,
  slotDatabaseUrl,
  slotServer,
  type ResetReport,
  type SlotAccess,
  type SlotDatabasePermit,
  type SlotServer,
  type TemplateSource,
} from "../src/index.ts";

export const KEY = "5ec3e7".padEnd(64, "0");
export const SLOTS = slotIds({ slotCount: 2 }) as [SlotId, SlotId];
const PASSWORDS = { api: "api-secret", worker: "worker-secret" };
export const RUN = "6a1f0c1e-58f5-4f0e-9a70-1a1c51d2f5aa" as RunId;
export const OTHER_RUN = "0b9c5a34-6c1e-4a55-8a06-0f6f2d1a77f3" as RunId;

type LeaseGuard = (tx: QueryExecutorProvider) => Promise<unknown>;

/** A real server provisioned for two slots, and what a test does with it. */
export interface ProvisionedServer {
  server: SlotServer;
  superuserUrl: (database?: string) => string;
  provision(superuserUrl?: string): Promise<{ changed: string[] }>;
  permit(slot: SlotId): SlotDatabasePermit;
  /** `guard` stands for the caller's lease check and provenance. */
  reset(
    slot: SlotId,
    source: TemplateSource,
    guard?: LeaseGuard,
    runId?: RunId | null,
    options?: { keepOld?: boolean; signal?: AbortSignal },
  ): Promise<ResetReport>;
  prepare(slot: SlotId, source: TemplateSource): Promise<{ prepared: boolean }>;
  restoreKept(slot: SlotId, guard?: LeaseGuard): Promise<{ restored: boolean }>;
  dropKept(slot: SlotId, guard?: LeaseGuard): Promise<{ dropped: boolean }>;
  lockOut(slot: SlotId, guard?: LeaseGuard): Promise<void>;
  /** What a session in the slot's live database needs now. */
  access(slot: SlotId): Promise<SlotAccess>;
  /** A URL of the slot's current login. */
  asSlot(slot: SlotId, database?: string): Promise<string>;
  /** The lease that stands for the slot, as the control database has it. */
  setEpoch(slot: SlotId, leaseEpoch: string): Promise<void>;
  /** The caller's transaction, without a check of its own. */
  transaction<Result>(act: (tx: QueryExecutorProvider) => Promise<Result>): Promise<Result>;
  asApi: string;
  stop(): Promise<void>;
}

export async function provisionedServer(): Promise<ProvisionedServer> {
  const postgres = await startPostgres();
  const address = `${postgres.host}:${postgres.port}`;
  const server = slotServer(`postgresql://oroboros_worker:${PASSWORDS.worker}@${address}/${CONTROL_DATABASE}`);
  await provisionForTests(postgres.superuserUrl);
  const { db: control, close } = openControlStore({ databaseUrl: server.workerUrl, onError: ignore });
  const epochOf = async (slot: SlotId): Promise<LeaseEpoch> => (await findLease(control, slot)).leaseEpoch;
  const access = async (slot: SlotId): Promise<SlotAccess> => {
    const identity = await findSlotIdentity(control, slot);
    if (identity === undefined) throw new Error(`${slot} was never reset`);
    return { permit: permit(slot), identity, slotPasswordKey: KEY };
  };
  const permit = (slot: SlotId): SlotDatabasePermit =>
    judgeSlotDatabase({ slot, claimedUrl: `postgresql://postgres:postgres@${address}/${slotDatabase(slot)}`, server });
  const held =
    (guard: LeaseGuard | undefined) =>
    <Result>(act: (tx: QueryExecutorProvider) => Promise<Result>): Promise<Result> =>
      control.transaction().execute(async (tx) => {
        await guard?.(tx);
        return act(tx);
      });
  const keptRequest = async (slot: SlotId, guard: LeaseGuard | undefined) => ({
    server,
    leaseEpoch: await epochOf(slot),
    slotPasswordKey: KEY,
    withLeaseHeld: held(guard),
  });
  return {
    server,
    superuserUrl: postgres.superuserUrl,
    provision: (superuserUrl = postgres.superuserUrl()) => provision(superuserUrl),
    permit,
    reset: async (slot, source, guard, runId = RUN, options = {}) => {
      await sql`update slot_leases set run_id = null where run_id = ${runId}`.execute(control);
      await sql`update slot_leases set run_id = ${runId} where slot_id = ${slot}`.execute(control);
      const report = await resetSlotDatabase(permit(slot), {
        ...options,
        server,
        source,
        marker: { runId, leaseEpoch: await epochOf(slot) },
        slotPasswordKey: KEY,
        withLeaseHeld: held(guard),
      });
      await report.cleanedUp;
      return report;
    },
    prepare: (slot, source) => prepareSpareDatabase(permit(slot), { server, source, slotPasswordKey: KEY }),
    restoreKept: async (slot, guard) => restoreKeptDatabase(permit(slot), await keptRequest(slot, guard)),
    dropKept: async (slot, guard) => dropKeptDatabase(permit(slot), await keptRequest(slot, guard)),
    lockOut: async (slot, guard) => lockSlotOut(permit(slot), await keptRequest(slot, guard)),
    access,
    asSlot: async (slot, database = slotDatabase(slot)) =>
      slotDatabaseUrl(await access(slot)).replace(/[^/]*$/, database),
    setEpoch: async (slot, leaseEpoch) => {
      await sql`update slot_leases set lease_epoch = ${leaseEpoch} where slot_id = ${slot}`.execute(control);
    },
    transaction: held(undefined),
    asApi: `postgresql://${API_ROLE}:${PASSWORDS.api}@${address}/${CONTROL_DATABASE}`,
    stop: async () => {
      await close();
      await postgres.stop();
    },
  };
}

const provision = (superuserUrl: string): Promise<{ changed: string[] }> =>
  provisionServer({ superuserUrl, slots: SLOTS, passwords: PASSWORDS, slotPasswordKey: KEY });

/** Makes the server ready, with a lease of an hour on every slot, of epoch 7, and the run that tests name. */
export async function provisionForTests(superuserUrl: (database?: string) => string): Promise<void> {
  await provision(superuserUrl());
  const asSuperuser = openControlStore({ databaseUrl: superuserUrl(CONTROL_DATABASE), onError: ignore });
  await migrateControlStore(asSuperuser.db, { owner: MIGRATOR_ROLE });
  await provisionSlots(asSuperuser.db, SLOTS);
  for (const run of [RUN, OTHER_RUN])
    await sql`insert into runs (run_id, title, prompt) values (${run}, 't', 'p')`.execute(asSuperuser.db);
  await sql`update slot_leases set lease_epoch = 7, expires_at = clock_timestamp() + interval '1 hour'`.execute(
    asSuperuser.db,
  );
  await asSuperuser.close();
  await provisionAccess({ superuserUrl: superuserUrl() });
}

const ignore = (): void => undefined;

/** Rows of one statement, by a plain driver that knows nothing of permits. */
export async function query<Row extends Record<string, unknown>>(url: string, text: string): Promise<Row[]> {
  const client = new Client({ connectionString: url });
  client.on("error", () => undefined);
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}
