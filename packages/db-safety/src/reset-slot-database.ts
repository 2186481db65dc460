import { OperatorError } from "@oroboros/slot-contract";
import { buildSpare } from "./build-spare.ts";
import { readContentMarker, type ResetMarker } from "./marker.ts";
import { requirePermit, type SlotDatabasePermit } from "./permit.ts";
import type { Session } from "./session.ts";
import { openHoldingSlot, tidyAfterSwap, tidySlot } from "./slot-databases.ts";
import type { SlotServer } from "./slot-server.ts";
import { swapDatabases } from "./swap-databases.ts";
import { despiteOthers } from "./while-emptied.ts";
import { templateHash, type TemplateSource } from "./template-source.ts";
import type { HoldingSession } from "./while-it-lives.ts";
import type { WithLeaseHeld } from "./with-lease-held.ts";

export type ResetOutcome = Readonly<{
  templateHash: string;
  /** Of the database before anything of a branch was done to it; the template's. */
  contentFingerprint: string;
  /** Which database it is: others had its name before, and others will. */
  databaseOid: string;
  /** The database was prepared before. */
  warm: boolean;
  /** The one that was proven last waits aside, to be restored or dropped. */
  kept: boolean;
}>;

type Swapped = { kept: boolean; database_oid: string };

type ResetRequest = Readonly<{
  server: SlotServer;
  source: TemplateSource;
  marker: ResetMarker;
  slotPasswordKey: string;
  withLeaseHeld: WithLeaseHeld<ResetOutcome>;
  /**
   * Puts the live database aside instead of dropping it. Where one of the same run is kept already, that is the proven one:
   * it stays, and the live one goes. Without it nothing stays kept.
   */
  keepOld?: boolean;
  /** Obeyed between statements, until the swap. */
  signal?: AbortSignal | undefined;
}>;

export type ResetReport = ResetOutcome &
  Readonly<{
    templateCreated: boolean;
    /**
     * Settles when the old database has been dropped, which takes far longer than the swap, or has been left to the slot's
     * next reset or preparation: both begin with it. Never rejects.
     */
    cleanedUp: Promise<void>;
  }>;

/**
 * Replaces the slot's database by a fresh copy of the template of this content. Until the lease's transaction commits the
 * old database serves; a reset that fails or is killed leaves it in place, and the next one removes what was left over.
 *
 * @throws OperatorError what `withLeaseHeld` throws, `not_marked`, `identity_mismatch`, `migration_failed`, `seed_failed` or
 *   `reset_failed`; the signal's reason.
 */
export async function resetSlotDatabase(permit: SlotDatabasePermit, request: ResetRequest): Promise<ResetReport> {
  requirePermit(permit);
  await using scope = new AsyncDisposableStack();
  try {
    const owner = scope.use(await openHoldingSlot(permit, request.server, { signal: request.signal }));
    const report = await reset(owner, permit, request);
    return { ...report, cleanedUp: cleanUp(owner, permit, scope.move()) };
  } catch (error) {
    if (error instanceof OperatorError || request.signal?.aborted === true) throw error;
    throw resetFailed(permit, request, error);
  }
}

async function reset(
  owner: HoldingSession,
  { slot }: SlotDatabasePermit,
  request: ResetRequest,
): Promise<Omit<ResetReport, "cleanedUp">> {
  const { source, marker, slotPasswordKey, keepOld = false, signal } = request;
  const swap = { grant: { slot, leaseEpoch: marker.leaseEpoch }, slotPasswordKey };
  const found = await tidySlot(owner, slot);
  signal?.throwIfAborted();
  const hash = templateHash(source);
  const ready = readContentMarker("spare", found.spare);
  const warm = ready?.templateHash === hash;
  const made = warm ? { ...ready, templateCreated: false } : await buildSpare(owner, slot, request);
  const { contentFingerprint, templateCreated } = made;
  signal?.throwIfAborted();
  owner.holdBriefly();
  const outcome = await despiteOthers(() =>
    request.withLeaseHeld(async (tx) => {
      signal?.throwIfAborted();
      const swapped = await swapDatabases<Swapped>(tx, owner, swap, { name: "swap_in", more: [keepOld] });
      const { kept, database_oid: databaseOid } = swapped;
      return { templateHash: hash, contentFingerprint, databaseOid, warm, kept };
    }),
  );
  return { ...outcome, templateCreated };
}

async function cleanUp(owner: Session, { slot }: SlotDatabasePermit, scope: AsyncDisposable): Promise<void> {
  await tidyAfterSwap(owner, slot);
  await scope[Symbol.asyncDispose]();
}

function resetFailed(permit: SlotDatabasePermit, { source, marker }: ResetRequest, cause: unknown): OperatorError {
  const holder = marker.runId === null ? "" : ` --run-id ${marker.runId}`;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new OperatorError("reset_failed", `The reset of ${permit.database} did not finish: ${reason}.`, {
    hint: `${permit.database} still serves. End other sessions in it and type: oroboros db ${commandOf(source, `--slot ${permit.slot}${holder}`)}`,
    cause,
  });
}

function commandOf({ seed, snapshot }: TemplateSource, target: string): string {
  if (snapshot !== undefined)
    return `reset-and-seed ${target} --strategy snapshot --snapshot-version ${snapshot.version}`;
  return seed === null ? `reset ${target}` : `reset-and-seed ${target} --seed-version ${seed.version}`;
}
