import { findRun, listAttempts, runNotFound, type SlotLease } from "@oroboros/control-store";
import { OperatorError, type RunId, type SlotId } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";

/** Who an operation on a slot acts for: the run that holds it, or an operator who overrides the holder. */
export interface SlotClaim {
  slot: SlotId;
  runId?: RunId | undefined;
  force: boolean;
}

/** Why a claim is refused: as a line of a plan, and as what the real call ends with. */
export interface Refused {
  line: string;
  error: OperatorError;
}

/**
 * What stands against letting the claim act on the slot under this lease; undefined where nothing does.
 *
 * A run that is named has to hold the slot, whatever is forced: whoever names it means what it has made there.
 */
export async function refusedClaim(
  context: Context,
  { slot, runId, force }: SlotClaim,
  lease: SlotLease,
): Promise<Refused | undefined> {
  const { leaseState, runId: holder } = lease;
  if (leaseState === "held" && (await isPublished(context, holder))) return beingPublished(slot, holder);
  if (runId !== undefined && !(leaseState === "held" && holder === runId)) return notTheHolder(context, runId, lease);
  if (leaseState === "free" || (leaseState === "held" && (force || holder === runId))) return undefined;
  if (leaseState === "quarantined") return notClean(slot);
  return leaseState === "expired" || holder === null ? heldByOperation(lease) : heldByRun(slot, holder);
}

/** One that only waits to be published again has not begun to touch the slot. */
async function isPublished({ store }: Context, runId: RunId | null): Promise<boolean> {
  if (runId === null) return false;
  return (await listAttempts(store, runId)).some(({ status }) => status === "running");
}

function beingPublished(slot: SlotId, runId: RunId | null): Refused {
  const error = new OperatorError("lease_held", `${slot} is being published by run ${runId}.`, {
    hint: `Try again when the publish has ended; see it with: oroboros runs show ${runId}`,
  });
  return { line: `${slot} is being published by run ${runId}: wait until that has ended`, error };
}

async function notTheHolder({ store }: Context, runId: RunId, lease: SlotLease): Promise<Refused> {
  const run = await findRun(store, runId);
  if (run === undefined) return { line: `there is no run ${runId}`, error: runNotFound(runId) };
  const { slotId: slot, leaseState, runId: holder } = lease;
  const isAnothers = leaseState === "held" && holder !== null;
  const [instead, hint] = isAnothers
    ? [
        `run ${holder} does`,
        `Name the holder with --run-id ${holder}, or leave --run-id out and override it with --force.`,
      ]
    : ["no run does", "Leave --run-id out to act for no run; see the slots with: oroboros slots list"];
  const line = `run ${runId}, which is ${run.status}, does not hold ${slot}: ${instead}`;
  return { line, error: new OperatorError("stale_lease", `R${line.slice(1)}.`, { hint }) };
}

function heldByRun(slot: SlotId, runId: RunId): Refused {
  const error = new OperatorError("lease_held", `${slot} is held by run ${runId}.`, {
    hint: `Name the holder with --run-id ${runId}, or override it with --force.`,
  });
  return { line: `${slot} is held by run ${runId}: needs --run-id ${runId} or --force`, error };
}

/** Work without a run, such as making the slot idle, or a command that was killed: that one's lease ends by itself. */
export function heldByOperation({ slotId: slot, expiresAt }: SlotLease): Refused {
  const until = expiresAt === null ? "" : ` until ${expiresAt.toISOString()}`;
  const error = new OperatorError("lease_held", `${slot} is held by another operation${until}.`, {
    hint: `Try again when it has ended; where nobody works on it any more, free it with: oroboros slots release ${slot}`,
  });
  return { line: `${slot} is held by another operation: wait until it has ended`, error };
}

function notClean(slot: SlotId): Refused {
  const error = new OperatorError("lease_held", `${slot} is being cleaned after its last run.`, {
    hint: "Try again when it is free; see it with: oroboros slots list",
  });
  return { line: `${slot} is being cleaned after its last run: wait until it is free`, error };
}
