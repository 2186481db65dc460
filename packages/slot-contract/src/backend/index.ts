export { readSlotEnv } from "../env/slot-backend.ts";
export type { SlotEnv } from "../env/slot-backend.ts";
export { createSlotHandlers } from "./slot-handlers.ts";
export type { SlotHandlers } from "./slot-handlers.ts";
export type { Query } from "./slot-lease.ts";
