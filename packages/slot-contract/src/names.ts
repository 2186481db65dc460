import type { LeaseEpoch } from "./lease.ts";
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
/** Owns every live slot database, and the functions that swap them. Nobody is a member of it. */
export const DATABASE_OWNER_ROLE = "oroboros_db";
/** Owns the functions that make the slots' logins and end their sessions; the only role that may make roles. Nobody is a member of it. */
export const ROTATOR_ROLE = "oroboros_rotator";
/** Every login of a slot is a member, so that `pg_hba.conf` can name them all. */
export const SLOTS_ROLE = "oroboros_slots";

/** {@link slotDatabase} as a template of the documents' kind. */
export const SLOT_DATABASE_TEMPLATE = "app_preview_{slot}";
export const slotDatabase = (slot: SlotId): string => expandSlotTemplate(SLOT_DATABASE_TEMPLATE, slot);
export const spareDatabase = (slot: SlotId): string => `spare_${slotNumber(slot)}`;
export const retiredDatabase = (slot: SlotId): string => `retired_${slotNumber(slot)}`;
/** The slot's database before a republish that is not proven yet. */
export const keptDatabase = (slot: SlotId): string => `kept_${slotNumber(slot)}`;
/** Owns the schemas and what is in them; can not log in. */
export const slotRole = (slot: SlotId): string => `slot_${slotNumber(slot)}`;
/** Who logs in to the slot's database between one rotation and the next: named after the lease's epoch at which it was rotated. */
export const slotLogin = (slot: SlotId, loginEpoch: LeaseEpoch): string => `${slotRole(slot)}_e${loginEpoch}`;
/** `hash`: lower-case hexadecimal, as many digits as fit PostgreSQL's 63 byte names with room to spare. */
export const templateDatabase = (hash: string): string => `seed_${hash.slice(0, 32)}`;
/** A copy of a template or of a spare while its content is compared; nothing but the audit makes or drops it. */
export const AUDIT_DATABASE = "audited_copy";

/** `id`: of the snapshot's row in the control database. */
export const snapshotDatabase = (id: string): string => `snapshot_${id}`;
/** A copy of a snapshot, or a second one of the same version, that is looked at and dropped. */
export const snapshotCopy = (id: string): string => `snapshot_${id}_copy`;
export const SNAPSHOT_VERSION = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;

/** Schema of a slot database that belongs to the runtime: the slot's lease marker and the applied migrations. */
export const RUNTIME_SCHEMA = "oroboros";
/** Setting of a slot database that says whose it is: slot, run or `none`, and the lease's epoch, with `/` between them. */
export const LEASE_SETTING = "oroboros.slot_lease";
/** Schema of the control database that BullMQ's PostgreSQL backend keeps its queues in. */
export const QUEUE_SCHEMA = "bullmq";
/** Schema of the control database with the functions through which alone a live slot database or a slot's login is changed. */
export const SLOT_ACCESS_SCHEMA = "slot_access";

/** Answered by the slot handlers on every response, so that a gate can tell whose backend it reached. */
export const SLOT_HEADER = "x-oroboros-slot";
/** Header in which whoever acts on a slot for its lease presents the lease's epoch to the supervisor. */
export const LEASE_EPOCH_HEADER = "x-oroboros-lease-epoch";
/** Header of a surface's `/health`: for how many seconds nothing else was asked of it. */
export const IDLE_SECONDS_HEADER = "x-oroboros-idle-seconds";
export const COMMIT_HEADER = "x-oroboros-commit";
