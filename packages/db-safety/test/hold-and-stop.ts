import { CONTROL_DATABASE, slotDatabase } from "@oroboros/slot-contract";
import { judgeSlotDatabase, slotServer } from "../src/index.ts";
import { openHoldingSlot } from "../src/slot-databases.ts";
import { SLOTS } from "./provisioned-server.ts";

// A process of its own, which stops for good once it holds the slot's databases: node hold-and-stop.ts <worker's URL>
const [workerUrl = ""] = process.argv.slice(2);
const [slot] = SLOTS;
const server = slotServer(workerUrl);
const permit = judgeSlotDatabase({ slot, claimedUrl: workerUrl.replace(CONTROL_DATABASE, slotDatabase(slot)), server });
await openHoldingSlot(permit, server);
process.stdout.write("holds\n");
process.kill(process.pid, "SIGSTOP");
