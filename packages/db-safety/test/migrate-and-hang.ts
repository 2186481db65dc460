import { judgeSlotDatabase, migrateSlotDatabase, slotServer, type SlotIdentity } from "../src/index.ts";
import { KEY, SLOTS } from "./provisioned-server.ts";

// A process of its own, killed by its parent: node migrate-and-hang.ts <worker's URL> <claimed URL> <identity> <files>
const [workerUrl = "", claimedUrl = "", identity = "", files = ""] = process.argv.slice(2);
const [slot] = SLOTS;
const permit = judgeSlotDatabase({ slot, claimedUrl, server: slotServer(workerUrl) });
await migrateSlotDatabase(
  { permit, identity: JSON.parse(identity) as SlotIdentity, slotPasswordKey: KEY },
  { migrations: JSON.parse(files) as { name: string; sql: string }[] },
);
