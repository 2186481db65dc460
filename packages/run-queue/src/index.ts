export { installQueueSchema } from "./install-queue-schema.ts";
export { openRunQueue } from "./open-run-queue.ts";
export type { RunQueue } from "./open-run-queue.ts";
export { queueTransport } from "./queue-transport.ts";
export type { QueueTransport } from "./queue-transport.ts";
export { startRunWorker } from "./start-run-worker.ts";
export type { RunWorker } from "./start-run-worker.ts";
