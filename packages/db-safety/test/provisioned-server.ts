import {
  API_ROLE,
  CONTROL_DATABASE,
  slotDatabase,
  slotIds,
  slotRole,
  type LeaseEpoch,
  type RunId,
  type SlotId,
} from "@oroboros/slot-contract";
import { startPostgres } from "@oroboros/test-support";
import { Kysely, PostgresDialect, type QueryExecutorProvider } from "kysely";
import { Client, Pool } from "pg";
import {
  dropKeptDatabase,
  judgeSlotDatabase,
  lockSlotOut,
  prepareSpareDatabase,
  provisionServer,
  resetSlotDatabase,
  restoreKeptDatabase,
  slotServer,
  type ResetReport,
  type SlotDatabasePermit,
  type SlotServer,
  type TemplateSource,
} from "../src/index.ts";
import { rolePassword } from "../src/slot-password.ts";

export const KEY = "5ec3e7".padEnd(64, "0");
export const SLOTS = slotIds({ slotCount: 2 }) as [SlotId, SlotId];
const PASSWORDS = { api: "api-secret", worker: "worker-secret" };
export const RUN = "6a1f0c1e-58f5-4f0e-9a70-1a1c51d2f5aa" as RunId;

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
  asSlot(slot: SlotId, database?: string): string;
  asApi: string;
  stop(): Promise<void>;
}

export async function provisionedServer(): Promise<ProvisionedServer> {
  const postgres = await startPostgres();
  const address = `${postgres.host}:${postgres.port}`;
  const server = slotServer(`postgresql://oroboros_worker:${PASSWORDS.worker}@${address}/${CONTROL_DATABASE}`);
  const provision = (superuserUrl = postgres.superuserUrl()): Promise<{ changed: string[] }> =>
    provisionServer({ superuserUrl, slots: SLOTS, passwords: PASSWORDS, slotPasswordKey: KEY });
  await provision();

  const pool = new Pool({ connectionString: server.workerUrl });
  pool.on("error", () => undefined);
  const control = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  const permit = (slot: SlotId): SlotDatabasePermit =>
    judgeSlotDatabase({ slot, claimedUrl: `postgresql://postgres:postgres@${address}/${slotDatabase(slot)}`, server });
  const held =
    (guard: LeaseGuard | undefined) =>
    <Result>(act: (tx: QueryExecutorProvider) => Promise<Result>): Promise<Result> =>
      control.transaction().execute(async (tx) => {
        await guard?.(tx);
        return act(tx);
      });
  return {
    server,
    superuserUrl: postgres.superuserUrl,
    provision,
    permit,
    reset: async (slot, source, guard, runId = RUN, options = {}) => {
      const report = await resetSlotDatabase(permit(slot), {
        ...options,
        server,
        source,
        marker: { runId, leaseEpoch: "7" as LeaseEpoch },
        slotPasswordKey: KEY,
        withLeaseHeld: held(guard),
      });
      await report.cleanedUp;
      return report;
    },
    prepare: (slot, source) => prepareSpareDatabase(permit(slot), { server, source, slotPasswordKey: KEY }),
    restoreKept: (slot, guard) => restoreKeptDatabase(permit(slot), { server, withLeaseHeld: held(guard) }),
    dropKept: (slot, guard) => dropKeptDatabase(permit(slot), { server, withLeaseHeld: held(guard) }),
    lockOut: (slot, guard) => lockSlotOut(permit(slot), { server, withLeaseHeld: held(guard) }),
    asSlot: (slot, database = slotDatabase(slot)) =>
      `postgresql://${slotRole(slot)}:${rolePassword(KEY, slotRole(slot))}@${address}/${database}`,
    asApi: `postgresql://${API_ROLE}:${PASSWORDS.api}@${address}/${CONTROL_DATABASE}`,
    stop: async () => {
      await control.destroy();
      await postgres.stop();
    },
  };
}

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
