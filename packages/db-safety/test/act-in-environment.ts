import { OperatorError, slotDatabase, type LeaseEpoch } from "@oroboros/slot-contract";
import { sql } from "kysely";
import { judgeSlotDatabase, slotServer } from "../src/index.ts";
import { openAsSlot } from "../src/sessions.ts";
import { actsOf } from "./destructive-acts.ts";
import { KEY, SLOTS } from "./provisioned-server.ts";
import type { Order } from "./run-in-environment.ts";

// A process of its own, with whatever is in its environment: node act-in-environment.ts <order>
const { workerUrl, identity, urls } = JSON.parse(process.argv[2] ?? "") as Order;
const [slot] = SLOTS;
const server = slotServer(workerUrl);
const judge = (claimedUrl: string) => judgeSlotDatabase({ slot, claimedUrl, server });
const permit = judge(`postgresql://${server.host}:${server.port}/${slotDatabase(slot)}`);
// Without the acts of a lease: its transaction is the control store's, which a main frees of these variables.
const {
  slotDatabaseUrl,
  prepareSpareDatabase,
  planMigration,
  migrateSlotDatabase,
  seedSlotDatabase,
  proveSlotDatabase,
} = actsOf({
  slot,
  server,
  leaseEpoch: "7" as LeaseEpoch,
  identity: async () => identity,
  transaction: () => Promise.reject(new Error("no lease here")),
});
const acts = {
  slotDatabaseUrl,
  prepareSpareDatabase,
  planMigration,
  migrateSlotDatabase,
  seedSlotDatabase,
  proveSlotDatabase,
};

const outcome = async (act: () => unknown): Promise<string> => {
  try {
    await act();
    return "done";
  } catch (error) {
    return error instanceof OperatorError ? error.code : String(error);
  }
};
const refused: Record<string, string> = {};
for (const url of urls) refused[url] = await outcome(() => judge(url));
const done: Record<string, string> = {};
for (const [name, act] of Object.entries(acts)) done[name] = await outcome(() => act?.(permit));
await using session = await openAsSlot({ permit, identity, slotPasswordKey: KEY });
const [path] = await session.run(sql<{ search_path: string }>`show search_path`);
process.stdout.write(
  JSON.stringify({ refused, done, searchPath: path?.search_path, server: session.systemIdentifier }),
);
