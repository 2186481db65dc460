import { setTimeout as delay } from "node:timers/promises";
import { openContext } from "../context.ts";
import { snapshotSlot } from "../database/snapshot-of-slot.ts";
import { snapshotUrl } from "../database/snapshot-of-url.ts";

// A process of its own, to be killed at it: node make-snapshot.ts <worker's environment> <request>, both as JSON.
const [environment = "", text = ""] = process.argv.slice(2);
const clock = {
  now: () => performance.now(),
  today: () => new Date(),
  sleep: async (ms: number): Promise<void> => {
    await delay(ms);
  },
};
const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const context = openContext(JSON.parse(environment) as Parameters<typeof openContext>[0], { fetch, clock, log });
type Request = { slot: Parameters<typeof snapshotSlot>[1] } | { url: Parameters<typeof snapshotUrl>[1] };
const request = JSON.parse(text) as Request;
await ("slot" in request ? snapshotSlot(context, request.slot) : snapshotUrl(context, request.url));
await context.close();
