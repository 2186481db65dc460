import { refusedSeed, seedSlotDatabase, type SeedSource } from "@oroboros/db-safety";
import { OperatorError } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";
import { readBaseTemplate } from "../git/base-template.ts";
import { planClaim, withSlotLease, type Refused, type SlotClaim } from "../slots/with-slot-lease.ts";
import { planned } from "./planned.ts";
import type { DatabasePlan } from "./reset-database.ts";
import { slotAccess } from "./slot-access.ts";
import { slotPermit } from "./slot-permit.ts";
import { stopOf } from "./stop-of.ts";

export type SeedReport = { slot_id: string; db_name: string; seed_version: string } | DatabasePlan;

/**
 * Applies one of main's seeds to a slot's empty database.
 *
 * @throws OperatorError `database_not_empty`, `seed_not_found`, `seed_failed`, `lease_held`, the judge's refusals.
 */
export async function seedDatabase(
  context: Context,
  request: SlotClaim & { seedVersion: string; dryRun: boolean },
): Promise<SeedReport> {
  const permit = slotPermit(context, request.slot);
  const base = await readBaseTemplate(context.source, { version: request.seedVersion });
  const seed = base.seed ?? base.lateSeed;
  if (seed === null) {
    throw new OperatorError("seed_not_found", `There is no seed ${request.seedVersion}.`, {
      hint: "Declare it on main.",
    });
  }
  const report = { slot_id: request.slot, db_name: permit.database };
  if (request.dryRun) {
    const held = await planClaim(context, request);
    const filled = held === undefined ? await planRows(context, request, seed) : undefined;
    const plan = planned([held, filled], [`apply seed ${seed.version} to ${permit.database}`]);
    return { dry_run: true, ...report, ...plan };
  }
  await withSlotLease(context, request, async ({ runId }) =>
    seedSlotDatabase(await slotAccess(context, request.slot), { seed, runId, ...stopOf(context) }),
  );
  return { ...report, seed_version: seed.version };
}

/** Where somebody else holds the slot, it is not for us to look into its database. */
async function planRows(context: Context, { slot, runId }: SlotClaim, seed: SeedSource): Promise<Refused | undefined> {
  const error = await refusedSeed(await slotAccess(context, slot), { seed, runId: runId ?? null });
  return error === undefined ? undefined : { line: error.message.replace(/\.$/, ""), error };
}
