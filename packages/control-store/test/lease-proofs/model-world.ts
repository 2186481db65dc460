import { randomInt } from "node:crypto";
import type { LeaseEpoch, RunId } from "@oroboros/slot-contract";
import { sql } from "kysely";
import { expect } from "vitest";
import type { Store } from "../../src/index.ts";
import type { TestControlStore } from "../use-control-store.ts";
import type { LeaseFunctions } from "./with-mutant.ts";
import { aFreeSlot, type ModelSlot, type ModelState } from "./model-state.ts";

export const TTL_SECONDS = 600;

/** A control database, what it is thought to hold, and the functions that are put to the proof on it. */
export interface ModelWorld {
  readonly control: TestControlStore;
  readonly leases: LeaseFunctions;
  readonly workerIds: { readonly alive: number; readonly dead: number };
  readonly state: ModelState;
  /** When the case began, and when the signs of life were last as old as they are thought to be. */
  readonly time: { readonly startedAt: number; heardAt: number };
}

/** What a command gets to work with: where it acts, and which of everything it is about. */
export interface Chosen {
  store: Store;
  which: number;
  other: number;
}

/** Everything as it was in the beginning; the runs wait in their order. */
export async function startOver(control: TestControlStore, runs: readonly RunId[]): Promise<ModelState> {
  await sql`
    with no_attempts as (delete from publish_attempts),
      queued as (update runs set status = 'queued', failure_reason_code = null where status <> 'queued')
    update slot_leases set run_id = null, expires_at = null, lease_epoch = 0, quarantined_at = null, worker_id = null,
      reserved_run_id = null, heartbeat_at = clock_timestamp()`.execute(control.db);
  return {
    slots: control.slots.map(aFreeSlot),
    runs: runs.map((runId) => ({ runId, status: "queued", attempts: [] })),
    grants: [],
  };
}

/** What the slot was given out as, in the model. */
export function grant(world: ModelWorld, slot: ModelSlot, to: Partial<ModelSlot>): string {
  const { grants } = world.state;
  Object.assign(slot, { epoch: slot.epoch + 1, state: "held", heard: "now", ...to });
  const leaseEpoch = String(slot.epoch) as LeaseEpoch;
  grants.push({ slotId: slot.slotId, runId: slot.runId, leaseEpoch });
  return leaseEpoch;
}

/** The virtual clock: the lease of a slot runs out at this very moment, of the database's clock. */
export async function runOut({ control }: ModelWorld, slot: ModelSlot): Promise<void> {
  if (slot.state === "free") return;
  await control.expireIn(slot.slotId, 0);
  Object.assign(slot, { state: "expired", leftSeconds: 0 });
}

/** The virtual clock: nothing was heard of a slot's worker for so long. */
export async function fallSilent({ control }: ModelWorld, slot: ModelSlot, seconds: 2 | 20): Promise<void> {
  if (slot.state === "free" || slot.heard === "let_go") return;
  await sql`update slot_leases set heartbeat_at = clock_timestamp() - make_interval(secs => ${seconds})
    where slot_id = ${slot.slotId}`.execute(control.db);
  slot.heard = seconds === 2 ? "seconds_ago" : "minutes_ago";
}

/** A worker of which there is no sign of life, one of which there is, or nobody that could give one. */
export function aWorker({ workerIds }: ModelWorld, which: number): { worker: ModelSlot["worker"]; id: number | null } {
  const worker = (["alive", "dead", null] as const)[which % 3]!;
  return { worker, id: worker === null ? null : workerIds[worker] };
}

/** How many seconds a sign of life is old. */
const AGES: Readonly<Record<Exclude<ModelSlot["heard"], "let_go">, number>> = {
  now: 0,
  seconds_ago: 2,
  minutes_ago: 20,
};

/**
 * The virtual clock stands still between two operations: signs of life grow no older. One that is older, or younger, than it is
 * thought to be stays what it is, to be found out.
 */
async function stayAsOld({ control: { db }, state, time }: ModelWorld): Promise<void> {
  const now = performance.now();
  const heard = state.slots.filter(({ state: is, heard: when }) => is !== "free" && when !== "let_go");
  const ages = heard.map(({ heard: when }) => AGES[when as keyof typeof AGES]);
  const sinceSeconds = (now - time.heardAt) / 1_000 + 0.5;
  const { numAffectedRows } = await sql`
    update slot_leases set heartbeat_at = clock_timestamp() - make_interval(secs => thought.age)
    from unnest(${heard.map(({ slotId }) => slotId)}::text[], ${ages}::float8[]) as thought (slot_id, age)
    where slot_leases.slot_id = thought.slot_id and heartbeat_at between
      clock_timestamp() - make_interval(secs => thought.age + ${sinceSeconds}) and
      clock_timestamp() - make_interval(secs => thought.age)`.execute(db);
  if (Number(numAffectedRows) === heard.length) time.heardAt = now;
}

/** Whether leases are as long, to the minute, and signs of life as young as they are thought to be. */
export function isTimely({ time }: ModelWorld): boolean {
  const now = performance.now();
  return now - time.heardAt < 1_900 && now - time.startedAt < 25_000;
}

export const aDeadWorker = (): number => randomInt(1, 2 ** 31 - 1);

/** Compares what is with what is thought to be, in every point. */
export async function expectAsThought(world: ModelWorld): Promise<void> {
  const { db } = world.control;
  const { state } = world;
  const { rows: slots } = await sql`
    select slot_id as "slotId", lease_epoch::int as epoch, run_id as "runId", quarantined_at is not null as "isQuarantined",
      case when expires_at is null then 'free' when expires_at > clock_timestamp() then 'held' else 'expired' end as state,
      greatest(0, round(coalesce(extract(epoch from expires_at - clock_timestamp()), 0) / 60))::int as "leftMinutes",
      (select jsonb_agg(jsonb_build_object('status', status, 'attempts',
        (select coalesce(jsonb_agg(jsonb_build_object('status', status, 'epoch', lease_epoch) order by attempt), '[]')
          from publish_attempts where publish_attempts.run_id = runs.run_id)) order by arrival) from runs) as runs
    from slot_leases order by slot_number`.execute(db);
  const runs = state.runs.map(({ status, attempts }) => ({ status, attempts }));
  const thought = state.slots.map(({ slotId, epoch, runId, isQuarantined, state: is, leftSeconds }) => {
    return { slotId, epoch, runId, isQuarantined, state: is, leftMinutes: Math.round(leftSeconds / 60), runs };
  });
  expect(slots).toEqual(thought);
  await stayAsOld(world);
}
