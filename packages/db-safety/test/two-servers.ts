import { openControlStore } from "@oroboros/control-store";
import { slotDatabase, type LeaseEpoch } from "@oroboros/slot-contract";
import { expect } from "vitest";
import { judgeSlotDatabase, slotServer, type SlotDatabasePermit, type SlotServer } from "../src/index.ts";
import { actsOf, type Act } from "./destructive-acts.ts";
import { startForwarder, type Forwarder } from "./forwarder.ts";
import { shareLogin, startProduction } from "./production-server.ts";
import { provisionedServer, SLOTS, type ProvisionedServer } from "./provisioned-server.ts";
import { serverChecksum, type ServerChecksum } from "./server-checksum.ts";
import type { WitnessingServer } from "./server-witness.ts";

const [slot] = SLOTS;
const EPOCH = "7" as LeaseEpoch;

/** What is first said on every connection: who are you, and which server was installed. */
const IDENTITY = /^\s*select[^;]*\bsystem_identifier\b[^;]*$/i;
/** What the driver's pool says of the caller's own transaction. */
const TRANSACTION = /^(begin|rollback)/i;

/** A worker's view of the world, as of now. */
export interface Runtime extends AsyncDisposable {
  server: SlotServer;
  permit: SlotDatabasePermit;
  acts: Readonly<Record<string, Act>>;
}

export interface TwoServers extends AsyncDisposable {
  ours: ProvisionedServer;
  production: WitnessingServer;
  productionWorkerUrl: string;
  /** Where the runtime's settings say that its server is. */
  port: Forwarder;
  /** With its lease's transactions on the server behind `control`. */
  startRuntime(control?: { url: string }): Promise<Runtime>;
  /** Nothing that production holds has changed since `look`, and nobody was let in who then said anything but `IDENTITY`. */
  expectUntouched(who?: "nobody came"): Promise<void>;
  /** From here on production is to stay as it is, a login like the slot's of this moment included. */
  look(): Promise<ServerChecksum>;
}

export async function twoServers(): Promise<TwoServers> {
  const [ours, production] = await Promise.all([provisionedServer(), startProduction()]);
  const port = await startForwarder(ours.server.port);
  let before = await serverChecksum(production.superuserUrl);
  return {
    ours,
    production,
    productionWorkerUrl: ours.server.workerUrl.replace(`:${ours.server.port}/`, `:${production.port}/`),
    port,
    look: async () => {
      await shareLogin(production, await ours.access(slot));
      await production.seen();
      before = await serverChecksum(production.superuserUrl);
      return before;
    },
    startRuntime: (control = { url: ours.server.workerUrl }) => startRuntime(ours, port, control.url),
    expectUntouched: async (who) => {
      const { attempts, statements } = await production.seen();
      if (who === "nobody came") expect({ attempts, statements }).toEqual({ attempts: [], statements: [] });
      expect(statements.filter((text) => !IDENTITY.test(text) && !TRANSACTION.test(text))).toEqual([]);
      expect(await serverChecksum(production.superuserUrl)).toEqual(before);
    },
    [Symbol.asyncDispose]: async () => {
      await port[Symbol.asyncDispose]();
      await Promise.all([ours.stop(), production.stop()]);
    },
  };
}

async function startRuntime(ours: ProvisionedServer, port: Forwarder, controlUrl: string): Promise<Runtime> {
  const server = slotServer(ours.server.workerUrl.replace(`:${ours.server.port}/`, `:${port.port}/`));
  const { identity } = await ours.access(slot);
  const control = openControlStore({ databaseUrl: controlUrl, onError: () => undefined });
  const claimedUrl = `postgresql://${port.host}:${port.port}/${slotDatabase(slot)}`;
  return {
    server,
    permit: judgeSlotDatabase({ slot, claimedUrl, server }),
    acts: actsOf({
      slot,
      server,
      leaseEpoch: EPOCH,
      identity: async () => identity,
      transaction: (act) => control.db.transaction().execute(act),
    }),
    [Symbol.asyncDispose]: () => control.close(),
  };
}
