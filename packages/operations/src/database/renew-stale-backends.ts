import { findProvenance, findSlotIdentity, listAttempts, listSlots, type SlotLease } from "@oroboros/control-store";
import { slotDatabaseUrl } from "@oroboros/db-safety";
import { findBackendJob } from "@oroboros/host";
import type { SlotId } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";
import { withFreeSlot } from "../slots/with-free-slot.ts";
import { renewBackend } from "./renew-backend.ts";
import { slotPermit } from "./slot-permit.ts";

/** A reset by hand tells the backend itself, right after the swap. */
const GRACE_MS = 20_000;
/** Where the application's own command has to migrate the new database first. */
const MIGRATION_GRACE_MS = 660_000;

/**
 * Tells backends who they log in as where a reset was killed before it could: they would be refused for ever, and nothing else would show
 * it. One that somebody is just publishing is told by that.
 */
export async function renewStaleBackends(context: Context): Promise<SlotId[]> {
  const renewed: SlotId[] = [];
  for (const lease of await listSlots(context.store)) {
    const { slotId: slot } = lease;
    if (!(await isBackendStale(context, slot)) || !(await isOver(context, slot))) continue;
    if (await renew(context, lease)) renewed.push(slot);
  }
  if (renewed.length > 0) context.log.warn({ slots: renewed }, "backends were told of their databases' new logins");
  return renewed;
}

/** Whether the slot's backend was started to log in as somebody else than the database's last reset has made. */
export async function isBackendStale(context: Context, slot: SlotId): Promise<boolean> {
  const job = await findBackendJob(context.contract, slot);
  const identity = await findSlotIdentity(context.store, slot);
  if (job === undefined || identity === undefined) return false;
  const { slotPasswordKey } = context;
  const url = slotDatabaseUrl({ permit: slotPermit(context, slot), identity, slotPasswordKey });
  return job.env["DATABASE_URL"] !== url;
}

async function isOver({ store, clock }: Context, slotId: SlotId): Promise<boolean> {
  const { newest } = await findProvenance(store, { slotId, databaseOids: [] });
  if (newest === undefined) return true;
  const { details, createdAt } = newest;
  const isMigratedLater = details["seed_after_migrations"] !== undefined || details["content_fingerprint"] === null;
  return clock.today().getTime() - createdAt.getTime() > (isMigratedLater ? MIGRATION_GRACE_MS : GRACE_MS);
}

async function renew(context: Context, lease: SlotLease): Promise<boolean> {
  const { slotId: slot, runId, leaseState } = lease;
  if (leaseState === "free")
    return (await withFreeSlot(context, slot, (own) => renewBackend(context, own))) !== undefined;
  if (leaseState !== "held" || runId === null) return false;
  const attempts = await listAttempts(context.store, runId);
  if (attempts.some(({ status }) => status === "running" || status === "requested")) return false;
  await renewBackend(context, lease);
  return true;
}
