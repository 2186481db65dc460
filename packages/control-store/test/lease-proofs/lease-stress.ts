import { setTimeout as pause } from "node:timers/promises";
import { OperatorError, type RunId, type SlotId } from "@oroboros/slot-contract";
import { sql } from "kysely";
import type { Lease, LeaseRef, Store } from "../../src/index.ts";
import type { TestControlStore } from "../use-control-store.ts";
import type { LeaseFunctions } from "./with-mutant.ts";
import { aRandom, type Random } from "./random.ts";
import { stampede, stampedeOfUpkeep } from "./lease-stampede.ts";
import { countViolations, NO_VIOLATIONS, watchTheDatabase, type Violations } from "./stress-witness.ts";

const WORKERS = 12;
/** A pause at most twice as long: about every other lease is lost by one. */
const TTL_SECONDS = 0.04;
const PAUSE_MS = 80;
/** Of some cleaners: where each statement takes long, none of them would ever get to an end under the other one. */
const PATIENT_TTL_SECONDS = 60;
const LOCKED_MS = 80;
const DEADLINE_MS = 200_000;

export interface Stress {
  control: TestControlStore;
  leases: LeaseFunctions;
  random: Random;
  violations: Violations;
  deadline: number;
}

/**
 * Twelve workers, each delivered every run, take slots under leases so short that a worker which pauses loses its own, while others
 * reap, clean, and stand on the rows' locks. What came of it is judged by the database's own triggers and by what each call answered.
 */
export async function stressLeases(
  control: TestControlStore,
  leases: LeaseFunctions,
  options: { runs: number; seed: number },
): Promise<Violations> {
  await watchTheDatabase(control.db);
  const violations: Violations = { ...NO_VIOLATIONS };
  const random = aRandom(options.seed);
  const stress: Stress = { control, leases, random, violations, deadline: Date.now() + DEADLINE_MS };
  await stampede(stress);
  await stampedeOfUpkeep(stress);
  for (let run = 0; run < options.runs; run += 1) await control.queueRun(`run ${run}`);
  await Promise.all([
    ...Array.from({ length: WORKERS }, () => work(stress)),
    reap(stress),
    cleanSlots(stress),
    ...control.slots.map((slot) => standOnLocks(stress, slot)),
  ]);
  await countViolations(control.db, violations);
  return violations;
}

/** A worker is woken for any run that waits, and is at times delivered one that another worker has. */
async function work(stress: Stress): Promise<void> {
  const { leases, control, random } = stress;
  while (await isAnythingLeft(stress)) {
    for (const runId of random.shuffled(await leases.nextQueuedRuns(control.db))) {
      const claim = await leases.claimSlot(control.db, { runId, ttlSeconds: TTL_SECONDS });
      if (claim.outcome === "claimed") await publish(stress, claim.lease);
    }
    if (random.below(4) === 0) await maintain(stress);
    await pause(5 + random.below(15));
  }
}

/** What belongs to no run takes a slot that is free, and is in nobody's way for long. */
async function maintain({ leases, control, random, violations }: Stress): Promise<void> {
  const [slot] = random.shuffled(control.slots);
  const lease = slot && (await leases.acquireMaintenanceLease(control.db, slot, 60));
  if (lease === undefined) return;
  if (!(await leases.releaseLease(control.db, lease, { clean: true }))) violations.lostRelease += 1;
}

async function publish(stress: Stress, lease: Lease): Promise<void> {
  const { leases, control, random, violations } = stress;
  for (let effects = random.below(6); effects > 0; effects -= 1) {
    await pause(random.below(4) === 0 ? random.below(PAUSE_MS) : 0);
    if (random.below(3) === 0) await leases.renewLease(control.db, lease, TTL_SECONDS);
    await act(stress, lease);
  }
  const released = await leases.releaseLease(control.db, lease, { clean: random.below(2) === 0 });
  if (await stillHolds(control.db, lease)) violations.lostRelease += 1;
  if (released) await endRun(stress, lease.runId);
  // Delivered again, or a worker that does not know yet that it is over.
  if (await leases.releaseLease(control.db, lease)) violations.lostRelease += 1;
  await leases.renewLease(control.db, lease, TTL_SECONDS);
  await act(stress, lease);
}

/** One effect, which the database keeps with whatever it knows of its slot at that moment. */
async function act({ leases, control, random }: Stress, lease: LeaseRef): Promise<void> {
  try {
    await control.db.transaction().execute(async (tx) => {
      await leases.holdLease(tx, lease);
      await pause(random.below(3) === 0 ? random.below(PAUSE_MS) : 0);
      await sql`insert into effects (slot_id, lease_epoch) values (${lease.slotId}, ${lease.leaseEpoch})`.execute(tx);
    });
  } catch (error) {
    if (!(error instanceof OperatorError && error.code === "stale_lease")) throw error;
  }
}

async function endRun({ leases, control }: Stress, runId: RunId): Promise<void> {
  const message = "It is over.";
  await leases.transitionRun(control.db, { runId, to: "failed", reasonCode: "UNKNOWN_ERROR", message });
}

async function reap(stress: Stress): Promise<void> {
  const { leases, control, random } = stress;
  while (await isAnythingLeft(stress)) {
    await Promise.all([leases.expireLeases(control.db), leases.expireLeases(control.db)]);
    await pause(5 + random.below(15));
  }
}

async function cleanSlots(stress: Stress): Promise<void> {
  const { leases, control, random } = stress;
  while (await isAnythingLeft(stress)) {
    const dirty = await leases.slotsToClean(control.db);
    // Two cleaners, of which one at most is given each slot.
    await Promise.all([...dirty, ...dirty].map((slot) => clean(stress, slot)));
    await pause(5 + random.below(15));
  }
}

async function clean(stress: Stress, slot: SlotId): Promise<void> {
  const { leases, control, random } = stress;
  const ttlSeconds = random.below(4) === 0 ? PATIENT_TTL_SECONDS : TTL_SECONDS;
  const lease = await leases.acquireMaintenanceLease(control.db, slot, ttlSeconds, { quarantined: true });
  if (lease === undefined) return;
  await pause(random.below(8) === 0 ? PAUSE_MS : 0);
  await act(stress, lease);
  try {
    await control.db.transaction().execute(async (tx) => {
      await leases.endQuarantine(tx, lease);
      if (!(await leases.releaseLease(tx, lease, { clean: true }))) stress.violations.lostRelease += 1;
    });
  } catch (error) {
    if (!(error instanceof OperatorError && error.code === "stale_lease")) throw error;
  }
}

/** Whoever waits for a row's lock may wait until its lease has run out. */
async function standOnLocks(stress: Stress, slot: SlotId): Promise<void> {
  const { control, random } = stress;
  while (await isAnythingLeft(stress)) {
    await control.db.transaction().execute(async (tx) => {
      await sql`select from slot_leases where slot_id = ${slot} for update`.execute(tx);
      const { rows } = await sql<{ since: string }>`select clock_timestamp()::text as since`.execute(tx);
      await pause(random.below(LOCKED_MS));
      await sql`insert into locked values (${slot}, ${rows[0]?.since}::timestamptz, clock_timestamp())`.execute(tx);
    });
    await pause(random.below(2 * LOCKED_MS));
  }
}

async function isAnythingLeft({ control, deadline }: Stress): Promise<boolean> {
  if (Date.now() > deadline) throw new Error("the workers do not get to the end of the queue");
  const { rows } = await sql`
    select where exists (select from runs where status = 'queued')
      or exists (select from slot_leases where expires_at is not null or quarantined_at is not null)`.execute(
    control.db,
  );
  return rows.length > 0;
}

async function stillHolds(db: Store, { slotId, leaseEpoch }: LeaseRef): Promise<boolean> {
  const { rows } = await sql`select from slot_leases
    where slot_id = ${slotId} and lease_epoch = ${leaseEpoch} and expires_at is not null`.execute(db);
  return rows.length > 0;
}
