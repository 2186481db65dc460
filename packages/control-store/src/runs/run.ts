import type { CommitSha, ReasonCode, RunId, RunState, SlotId } from "@oroboros/slot-contract";
import { sql, type RawBuilder, type SelectQueryBuilder } from "kysely";
import { freeSlots, hasOwnSlot, queuedForFree } from "../leases/grantable.ts";
import type { ControlSchema, Store } from "../schema.ts";

export interface Run {
  runId: RunId;
  title: string;
  prompt: string;
  branch: string | null;
  commitSha: CommitSha | null;
  createdBy: string | null;
  /** Who was authenticated when it was asked for; null for what the system made. */
  principal: string | null;
  /** The run that this one tries again. */
  parentRunId: RunId | null;
  route: string | null;
  pageTitle: string | null;
  elementHint: string | null;
  note: string | null;
  metadata: Record<string, unknown> | null;
  status: RunState;
  failureReasonCode: ReasonCode | null;
  failureMessage: string | null;
  createdAt: Date;
  updatedAt: Date;
  /** The slot the run holds now. */
  slotId: SlotId | null;
  /** 1 for the next one to get a slot; null where the run is not queued. */
  queuePosition: number | null;
  /** True where every free slot, if there is one, belongs to a run before it. */
  waitsForSlot: boolean;
}

/** For one run. Whoever reads many has a cheaper way. */
const countedPosition = sql<number | null>`case when status = 'queued' then
  (select count(*)::int from runs earlier where earlier.status = 'queued' and earlier.arrival <= runs.arrival) end`;

/** Runs as everyone reads them. */
export function selectRuns(
  store: Store,
  position: RawBuilder<number | null> = countedPosition,
): SelectQueryBuilder<ControlSchema, "runs", Run> {
  return store.selectFrom("runs").select([
    "run_id as runId",
    "title",
    "prompt",
    "branch",
    "commit_sha as commitSha",
    "created_by as createdBy",
    "principal",
    "parent_run_id as parentRunId",
    "route",
    "page_title as pageTitle",
    "element_hint as elementHint",
    "note",
    "metadata",
    "status",
    "failure_reason_code as failureReasonCode",
    "failure_message as failureMessage",
    "created_at as createdAt",
    "updated_at as updatedAt",
    sql<SlotId | null>`(select slot_id from slot_leases where slot_leases.run_id = runs.run_id)`.as("slotId"),
    position.as("queuePosition"),
    sql<boolean>`status = 'queued' and not ${hasOwnSlot(sql`runs.run_id`)} and
        ${queuedForFree(sql`waiting.arrival <= runs.arrival`)} > ${freeSlots}`.as("waitsForSlot"),
  ]);
}
