import { EVICTION_IDLE_SECONDS, type RunId, type SlotId } from "@oroboros/slot-contract";
import { sql } from "kysely";
import { appendEvent } from "../events/append-event.ts";
import type { Store, StoreTransaction } from "../schema.ts";
import { endRun } from "./end-run.ts";
import { grantInTurn } from "./grant-in-turn.ts";
import { isReserved } from "./grantable.ts";
import { lockRuns } from "./lock-runs.ts";
import { planEvictions, type EvictionFacts, type EvictionPlan, type IdlePreview } from "./plan-evictions.ts";

/** Live previews that wait for a person and have no publish under way. */
const isWaitingPreview = sql<boolean>`
  runs.status in ('preview_ready', 'needs_approval') and slot_leases.expires_at > clock_timestamp() and not exists (
    select from publish_attempts where publish_attempts.run_id = runs.run_id and publish_attempts.status in ('requested', 'running'))`;

/** How many queued runs are left over once every slot that no run holds was given to one. */
const wanted = sql<number>`(
  (select count(*) from runs waiting where waiting.status = 'queued'
    and not exists (select from slot_leases where slot_leases.reserved_run_id = waiting.run_id))
  - (select count(*) from slot_leases where slot_leases.run_id is null and not ${isReserved}))::int`;

/**
 * While runs wait for a slot, warns the previews that nobody has looked at for hours, and a grace later evicts those that still
 * nobody looks at: their runs expire. One at a time over all workers, so that no more go than are wanted.
 */
export async function evictIdlePreviews(store: Store): Promise<{ warned: SlotId[]; evicted: SlotId[] }> {
  const concerned = await previewsConcerned(store);
  if (concerned.length === 0) return { warned: [], evicted: [] };
  return grantInTurn(store, async (tx) => {
    const runs = await lockRuns(tx, concerned, { skipLocked: true });
    const plan = planEvictions(
      await readFacts(
        tx,
        runs.map(({ runId }) => runId),
      ),
    );
    await carryOut(tx, plan);
    return { warned: plan.warn.map(({ slotId }) => slotId), evicted: plan.evict.map(({ slotId }) => slotId) };
  });
}

/** Nothing is locked to see that nobody waits, which is nearly always. */
async function previewsConcerned(store: Store): Promise<RunId[]> {
  const { rows } = await sql<{ run_id: RunId }>`
    select runs.run_id from runs join slot_leases on slot_leases.run_id = runs.run_id
    where ${isWaitingPreview} and (${wanted} > 0 or slot_leases.eviction_warned_at is not null)`.execute(store);
  return rows.map((row) => row.run_id);
}

/** Locks the slots' rows, so that traffic that is just being noted counts. */
async function readFacts(tx: StoreTransaction, runIds: readonly RunId[]): Promise<EvictionFacts> {
  const { rows: previews } = await sql<IdlePreview>`
    select slot_leases.slot_id as "slotId", runs.run_id as "runId", lease_epoch as "leaseEpoch",
      eviction_warned_at as "warnedAt", greatest(traffic_at, runs.updated_at, (
        select max(finished_at) from publish_attempts where publish_attempts.run_id = runs.run_id)) as "idleSince"
    from runs join slot_leases on slot_leases.run_id = runs.run_id
    where runs.run_id = any(${[...runIds]}) and ${isWaitingPreview} order by slot_number for update of slot_leases`.execute(
    tx,
  );
  const { rows } = await sql<{
    now: Date;
    wanted: number;
  }>`select clock_timestamp() as now, ${wanted} as wanted`.execute(tx);
  const [facts] = rows;
  if (facts === undefined) throw new Error("a query without a table has one row");
  return { ...facts, previews };
}

async function carryOut(tx: StoreTransaction, { warn, evict, forgive }: EvictionPlan): Promise<void> {
  for (const { slotId } of forgive) await noteWarning(tx, slotId, null);
  for (const { slotId, runId, evictAt } of warn) {
    await noteWarning(tx, slotId, sql`clock_timestamp()`);
    const detail = { slot_id: slotId, evicted_at: evictAt.toISOString() };
    await appendEvent(tx, { runId, eventType: "eviction_warned", detail });
  }
  for (const { runId, slotId, idleSince } of evict) {
    const hours = EVICTION_IDLE_SECONDS / 3_600;
    const message = `Nobody had looked at it since ${idleSince.toISOString()}, ${hours} hours or more, and a run waited for ${slotId}.`;
    await endRun(tx, { runId, to: "expired", reasonCode: "PREVIEW_EXPIRED", message });
  }
}

async function noteWarning(tx: StoreTransaction, slotId: SlotId, at: ReturnType<typeof sql> | null): Promise<void> {
  await sql`update slot_leases set eviction_warned_at = ${at ?? sql`null`} where slot_id = ${slotId}`.execute(tx);
}
