import { slotNumber, type SlotId } from "./slot-id.ts";
import { expandSlotTemplate } from "./slot-template.ts";

/** The branch that is deployed, and that previews start from. */
export const MAIN_BRANCH = "main";

export const CONTROL_DATABASE = "builder_control";

/** Database roles of the runtime itself. The migrator owns the control tables and can not log in. */
export const API_ROLE = "oroboros_api";
export const WORKER_ROLE = "oroboros_worker";
export const MIGRATOR_ROLE = "oroboros_migrator";
/** Owns what stands in a template database until a slot's role takes it over. */
export const TEMPLATE_ROLE = "slot_seed";

/** {@link slotDatabase} as a template of the documents' kind. */
export const SLOT_DATABASE_TEMPLATE = "app_preview_{slot}";
export const slotDatabase = (slot: SlotId): string => expandSlotTemplate(SLOT_DATABASE_TEMPLATE, slot);
export const spareDatabase = (slot: SlotId): string => `spare_${slotNumber(slot)}`;
export const retiredDatabase = (slot: SlotId): string => `retired_${slotNumber(slot)}`;
/** The slot's database before a republish that is not proven yet. */
export const keptDatabase = (slot: SlotId): string => `kept_${slotNumber(slot)}`;
export const slotRole = (slot: SlotId): string => `slot_${slotNumber(slot)}`;
/** `hash`: lower-case hexadecimal, as many digits as fit PostgreSQL's 63 byte names with room to spare. */
export const templateDatabase = (hash: string): string => `seed_${hash.slice(0, 32)}`;

/** Schema of a slot database that belongs to the runtime: the slot's lease marker and the applied migrations. */
export const RUNTIME_SCHEMA = "oroboros";
/** Schema of the control database that BullMQ's PostgreSQL backend keeps its queues in. */
export const QUEUE_SCHEMA = "bullmq";

/** Answered by the slot handlers on every response, so that a gate can tell whose backend it reached. */
export const SLOT_HEADER = "x-oroboros-slot";
/** Header in which whoever acts on a slot for its lease presents the lease's epoch to the supervisor. */
export const LEASE_EPOCH_HEADER = "x-oroboros-lease-epoch";
/** Header of a surface's `/health`: for how many seconds nothing else was asked of it. */
export const IDLE_SECONDS_HEADER = "x-oroboros-idle-seconds";
export const COMMIT_HEADER = "x-oroboros-commit";
