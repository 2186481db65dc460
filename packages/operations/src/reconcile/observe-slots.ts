import { findLease, listAttempts, listSlots, standsIdle, type SlotLease } from "@oroboros/control-store";
import { findKeptDatabases } from "@oroboros/db-safety";
import { entriesOf, linkTarget, within } from "@oroboros/host";
import {
  placeholderPath,
  slotHome,
  slotSurfaces,
  slotWorktrees,
  surfaceLink,
  type SlotId,
} from "@oroboros/slot-contract";
import type { Context } from "../context.ts";
import { namesIn } from "../publish/names-in.ts";
import type { IdleSlotFacts, KeptFacts } from "./plan-reconcile.ts";

const SUPERVISOR_DEADLINE_MS = 10_000;

/**
 * What the slots that stand idle hold, and of which slots a database waits aside. Rejects where the supervisor does not answer in
 * time.
 */
export async function observeSlots(
  context: Context,
  deadlineMs = SUPERVISOR_DEADLINE_MS,
): Promise<{ idle: IdleSlotFacts[]; kept: KeptFacts[] }> {
  const slots = await listSlots(context.store);
  const idle = await Promise.all(slots.map((slot) => observeIdle(context, slot, deadlineMs)));
  const aside = await findKeptDatabases(
    context.server,
    slots.map(({ slotId }) => slotId),
  );
  const kept = await Promise.all(aside.map((slot) => observeKept(context, slot)));
  return { idle: idle.filter((facts) => facts !== undefined), kept };
}

/** Undefined where somebody has the slot by the time that all of it was seen: what was seen may be theirs. */
async function observeIdle(context: Context, lease: SlotLease, deadlineMs: number): Promise<IdleSlotFacts | undefined> {
  const { contract, store, processes } = context;
  const slot = lease.slotId;
  if (lease.leaseState !== "free" || !(await standsIdle(store, slot))) return undefined;
  const [worktrees, path, report, steps] = await Promise.all([
    namesIn(slotWorktrees(contract, slot)),
    linkTarget(surfaceLink(contract, slot)),
    within(deadlineMs, processes.backend(slot, "status")),
    within(deadlineMs, processes.runningSteps(slot)),
  ]);
  const surfaces = surfacesOf(context, slotSurfaces(contract, slot));
  const now = await findLease(store, slot);
  if (now.leaseEpoch !== lease.leaseEpoch || now.leaseState !== "free") return undefined;
  return {
    slotId: slot,
    worktrees,
    surfaces,
    surface: { path, placeholder: placeholderPath(contract) },
    backend: { worktree: report.ok ? report.worktree_path : null, idle: slotHome(contract, slot) },
    steps,
  };
}

/** The directory itself only exists once the slot had a build. */
function surfacesOf({ log }: Context, path: string): string[] {
  try {
    return entriesOf(path);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT"))
      log.warn({ err: error, path }, "which builds a slot still has could not be read");
    return [];
  }
}

/** The lease is read first: a publish that begins after that has another epoch. */
async function observeKept({ store }: Context, slot: SlotId): Promise<KeptFacts> {
  const { runId, leaseState, leaseEpoch } = await findLease(store, slot);
  const heldUnder = leaseState === "held" ? leaseEpoch : null;
  if (runId === null) return { slotId: slot, heldUnder, isPublishing: leaseState !== "free" };
  const attempts = await listAttempts(store, runId);
  const isPublishing = attempts.some(({ status }) => status === "running" || status === "requested");
  return { slotId: slot, heldUnder, isPublishing };
}
