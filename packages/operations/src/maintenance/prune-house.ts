import { findIdleTemplates, pruneTemplates } from "@oroboros/db-safety";
import type { RunId } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";
import { carryOutActions } from "../reconcile/carry-out-actions.ts";
import { observeEvidence, observeStores } from "../reconcile/observe-house.ts";
import { planHouse, type HouseLimits } from "../reconcile/plan-reconcile.ts";

/** Main has moved on from it by then; should it be asked for again, it is built again. */
const TEMPLATE_UNUSED_SECONDS = 3 * 86_400;

export interface PruneReport {
  dry_run: boolean;
  /** What had to go. */
  evidence: { run_id: RunId; bytes: number; why: "age" | "budget" }[];
  packages: { key: string; bytes: number }[];
  templates: string[];
  /** How much of it went: what could not be removed is logged, and planned again. */
  removed: { evidence: number; packages: number; templates: number };
}

/** Removes what is past its age or over its budget: evidence of ended runs, packages, template databases that nobody copies. */
export async function pruneHouse(
  context: Context,
  limits: HouseLimits,
  { dryRun }: { dryRun: boolean },
): Promise<PruneReport> {
  const [evidence, stores] = await Promise.all([observeEvidence(context), observeStores(context)]);
  const actions = planHouse({ evidence, stores, now: context.clock.today() }, limits);
  const done = dryRun ? {} : await carryOutActions(context, actions);
  const idle = { unusedForSeconds: TEMPLATE_UNUSED_SECONDS };
  const templates = await (dryRun ? findIdleTemplates : pruneTemplates)(context.server, idle);
  return {
    dry_run: dryRun,
    evidence: actions.flatMap((action) =>
      action.kind === "remove_evidence" ? [{ run_id: action.runId, bytes: action.bytes, why: action.why }] : [],
    ),
    packages: actions.flatMap((action) =>
      action.kind === "remove_packages" ? [{ key: action.key, bytes: action.bytes }] : [],
    ),
    templates,
    removed: {
      evidence: done.remove_evidence ?? 0,
      packages: done.remove_packages ?? 0,
      templates: dryRun ? 0 : templates.length,
    },
  };
}
