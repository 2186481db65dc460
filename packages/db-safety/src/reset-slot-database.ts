import { OperatorError, retiredDatabase, spareDatabase } from "@oroboros/slot-contract";
import { sql, type QueryExecutorProvider } from "kysely";
import { databaseComment, databaseExists, dropDatabase, elapsedSince, serverTime } from "./databases.ts";
import { ensureTemplate } from "./ensure-template.ts";
import { requireMarker } from "./live-identity.ts";
import type { ResetMarker } from "./marker.ts";
import { requirePermit, type SlotDatabasePermit } from "./permit.ts";
import { prepareSpare } from "./prepare-spare.ts";
import { openAsOwner } from "./sessions.ts";
import type { SlotServer } from "./slot-server.ts";
import { swapDatabases } from "./swap-databases.ts";
import { templateHash, type TemplateSource } from "./template-source.ts";

type ResetRequest = Readonly<{
  server: SlotServer;
  source: TemplateSource;
  marker: ResetMarker;
  slotPasswordKey: string;
  /**
   * Runs `act` in a transaction of the control database, on the same server and as the worker, after proving in it that
   * the lease still stands; whatever the caller records of the reset belongs in that transaction too.
   */
  withLeaseHeld: <Result>(act: (tx: QueryExecutorProvider) => Promise<Result>) => Promise<Result>;
}>;

export type ResetReport = Readonly<{ templateHash: string; templateCreated: boolean; durationMs: number }>;

/**
 * Replaces the slot's database by a fresh copy of the template of this content. Until the lease's transaction commits the
 * old database serves; a reset that fails or is killed leaves it in place, and the next one removes what was left over.
 *
 * @throws OperatorError what `withLeaseHeld` throws, `not_marked`, `identity_mismatch`, `migration_failed`, `seed_failed` or `reset_failed`.
 */
export async function resetSlotDatabase(permit: SlotDatabasePermit, request: ResetRequest): Promise<ResetReport> {
  requirePermit(permit);
  if (permit.host !== request.server.host || permit.port !== request.server.port) {
    throw new Error("the permit is for another server");
  }
  try {
    return await reset(permit, request);
  } catch (error) {
    throw error instanceof OperatorError ? error : resetFailed(permit, request, error);
  }
}

async function reset({ slot, database }: SlotDatabasePermit, request: ResetRequest): Promise<ResetReport> {
  const { server, source, marker, slotPasswordKey } = request;
  await using owner = await openAsOwner(server);
  const startedAt = await serverTime(owner);
  // The spare's name is the slot's: one reset of a slot at a time, also where the lease of the earlier one is gone.
  await owner.run(sql`select pg_catalog.pg_advisory_lock(pg_catalog.hashtextextended(${`oroboros:reset:${slot}`}, 0))`);
  if (await databaseExists(owner, database)) requireMarker(await databaseComment(owner, database), { database, slot });
  await dropDatabase(owner, spareDatabase(slot));
  await dropDatabase(owner, retiredDatabase(slot));

  const template = await ensureTemplate(server, source, { slotPasswordKey });
  await prepareSpare(owner, { server, slotPasswordKey, slot, template: template.database, marker });
  await request.withLeaseHeld((tx) => swapDatabases(tx, owner, slot, marker));
  await dropDatabase(owner, retiredDatabase(slot));
  return {
    templateHash: templateHash(source),
    templateCreated: template.created,
    durationMs: await elapsedSince(owner, startedAt),
  };
}

function resetFailed(permit: SlotDatabasePermit, { source, marker }: ResetRequest, cause: unknown): OperatorError {
  const command = source.seed === null ? "reset" : "reset-and-seed";
  const seed = source.seed === null ? "" : ` --seed-version ${source.seed.version}`;
  const holder = marker.runId === null ? "" : ` --run-id ${marker.runId}`;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new OperatorError("reset_failed", `The reset of ${permit.database} did not finish: ${reason}.`, {
    hint: `${permit.database} still serves. End other sessions in it and type: oroboros db ${command} --slot ${permit.slot}${holder}${seed}`,
    cause,
  });
}
