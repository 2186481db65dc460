import type { Actor } from "@oroboros/control-store";
import { createSnapshotOfSlot, fingerprintSlotDatabase, holdSnapshot } from "@oroboros/db-safety";
import type { Context } from "../context.ts";
import { planClaim, withSlotLease, type SlotClaim } from "../slots/with-slot-lease.ts";
import { slotAccess } from "./slot-access.ts";
import { planned } from "./planned.ts";
import { keepSnapshot } from "./snapshot-keep.ts";
import { planVersion } from "./snapshot-plan.ts";
import { requireVersion, type SnapshotCreated, type SnapshotPlan } from "./snapshot-report.ts";

type Request = SlotClaim & {
  version: string;
  actor: Actor;
  dryRun: boolean;
  /** Told just before the slot's database is closed. */
  onClose?: () => void;
};

/**
 * Takes a snapshot of what a slot's database holds. It lets nobody in while it is copied, and its backend reconnects after that.
 *
 * @throws OperatorError `lease_held`, `stale_lease`, `snapshot_exists`, `snapshot_in_use`, `snapshot_refused`, `snapshot_failed`,
 *   `disk_full`, the judge's refusals.
 */
export async function snapshotSlot(context: Context, request: Request): Promise<SnapshotCreated | SnapshotPlan> {
  const { slot, version, actor } = request;
  requireVersion(version);
  const { permit } = await slotAccess(context, slot);
  if (request.dryRun) {
    const steps = [
      ...(await planVersion(context, version)),
      `let nobody into ${permit.database} while it is copied; end the sessions in it`,
      `seal the copy as snapshot ${version}, with its objects owned by no slot and without the lease`,
    ];
    const plan = planned([await planClaim(context, request)], steps);
    return { dry_run: true, snapshot_version: version, source: slot, ...plan };
  }
  const { server } = context;
  await using holder = await holdSnapshot(server, version, { alone: true });
  return await withSlotLease(context, request, async ({ leaseEpoch }) => {
    const access = await slotAccess(context, slot);
    return keepSnapshot(context, {
      holder,
      actor,
      snapshot: { version, sourceKind: "slot", source: slot, maskedBy: null },
      make: (id) => {
        request.onClose?.();
        return createSnapshotOfSlot(access, { server, leaseEpoch, id, version, signal: context.signal });
      },
      wouldHold: () => fingerprintSlotDatabase(access),
    });
  });
}
