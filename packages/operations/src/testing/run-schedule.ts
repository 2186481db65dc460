import {
  createRun,
  endRun,
  expireLeases,
  findRun,
  listAttempts,
  listSlots,
  requestAttempt,
} from "@oroboros/control-store";
import { isTerminal, OperatorError, type CommitSha, type RunId, type SlotId } from "@oroboros/slot-contract";
import { publishRun } from "../publish/publish-run.ts";
import { cleanSlots } from "../slots/clean-slots.ts";
import { goOn, startWorker, type PacedWorker } from "./paced-workers.ts";
import { effects, type ScheduledWorld } from "./scheduled-world.ts";

const RUNS = 2;
const ACTIONS = 20;
const MAX_WORKERS = 6;
const MAX_ROUNDS = 40;
const COMMIT = "1".repeat(40) as CommitSha;

export interface Schedule {
  world: ScheduledWorld;
  below: (limit: number) => number;
  runs: RunId[];
  workers: PacedWorker[];
}

/** Two runs, and workers that pause, lose their leases, are delivered the same run, are told to stop, and come back much later. */
export async function runSchedule(world: ScheduledWorld, below: (limit: number) => number): Promise<Schedule> {
  effects.length = 0;
  const schedule: Schedule = { world, below, runs: [], workers: [] };
  for (let run = 0; run < RUNS; run += 1) schedule.runs.push(await aRun(world, below(3) === 0));
  for (let action = 0; action < ACTIONS; action += 1) await act(schedule);
  await recover(schedule);
  return schedule;
}

/** A run that waits for its first publish, or one that is live and waits for another one. */
async function aRun({ context, store }: ScheduledWorld, isLive: boolean): Promise<RunId> {
  const run = { title: "a run", prompt: "", branch: "main", commitSha: COMMIT, createdBy: null };
  const { runId } = await createRun(store, run);
  if (!isLive) return runId;
  await publishRun(context, runId, new AbortController().signal);
  await askAgain({ store }, runId);
  return runId;
}

async function act(schedule: Schedule): Promise<void> {
  const { world, below, runs } = schedule;
  const chance = below(100);
  const runId = runs[below(runs.length)] as RunId;
  const slot = world.slots[below(world.slots.length)] as SlotId;
  if (chance < 52) return resume(schedule);
  if (chance < 65) return deliver(schedule, runId);
  if (chance < 79) return takeOver(schedule, runId);
  if (chance < 84) return runOut(world, slot);
  if (chance < 89) return void (await expireLeases(world.store));
  if (chance < 92) return clean(schedule);
  if (chance < 96) return askAgain(world, runId);
  if (chance < 98) return schedule.workers[below(schedule.workers.length)]?.stopping.abort();
  return cancel(world, runId);
}

/** The run is delivered once more, to a worker that takes the one at work for dead. */
async function takeOver(schedule: Schedule, runId: RunId): Promise<void> {
  for (const slot of schedule.world.slots) await fallSilent(schedule.world, slot);
  await deliver(schedule, runId);
}

async function resume({ workers, below }: Schedule): Promise<void> {
  const standing = workers.flatMap((worker) => worker.stands.map((stand) => ({ worker, stand })));
  const awake = standing.filter(({ stand }) => !stand.isAsleep);
  const from = awake.length > 0 && below(5) > 0 ? awake : standing;
  const chosen = from[below(Math.max(1, from.length))];
  if (chosen !== undefined) await goOn(chosen.worker, chosen.stand);
}

async function deliver({ world, workers }: Schedule, runId: RunId): Promise<void> {
  if (workers.filter(({ outcome }) => outcome === undefined).length >= MAX_WORKERS) return;
  workers.push(await startWorker(world.context, (context, signal) => publishRun(context, runId, signal)));
}

async function clean({ world, workers }: Schedule): Promise<void> {
  const cleaning = await startWorker(world.context, async (context) => {
    await cleanSlots(context);
    return { outcome: "nothing_to_do" };
  });
  workers.push(cleaning);
}

async function fallSilent({ store }: ScheduledWorld, slot: SlotId): Promise<void> {
  await store
    .updateTable("slot_leases")
    .set({ heartbeat_at: new Date(0) })
    .where("slot_id", "=", slot)
    .execute();
}

async function runOut({ store }: ScheduledWorld, slot: SlotId): Promise<void> {
  await store
    .updateTable("slot_leases")
    .set({ expires_at: new Date(0) })
    .where("slot_id", "=", slot)
    .where("expires_at", "is not", null)
    .execute();
}

async function askAgain({ store }: Pick<ScheduledWorld, "store">, runId: RunId): Promise<void> {
  if ((await findRun(store, runId))?.status !== "needs_approval") return;
  await requestAttempt(store, { runId, commitSha: null }).catch((error: unknown) => {
    // Its time is over.
    if (!(error instanceof OperatorError) || error.code !== "stale_lease") throw error;
  });
}

async function cancel({ store }: ScheduledWorld, runId: RunId): Promise<void> {
  const run = await findRun(store, runId);
  if (run !== undefined && !isTerminal(run.status))
    await endRun(store, { runId, to: "canceled", reasonCode: "AGENT_CANCELED" });
}

/** Everybody goes on, whoever is late with what it last wanted to do; and workers look after what is left. */
async function recover(schedule: Schedule): Promise<void> {
  const { world, workers, runs } = schedule;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    for (;;) {
      const worker = workers.find(({ stands }) => stands.some(({ isAsleep }) => !isAsleep));
      const stand = worker?.stands.find(({ isAsleep }) => !isAsleep);
      if (worker === undefined || stand === undefined) break;
      await goOn(worker, stand);
    }
    for (const worker of workers) for (const asleep of [...worker.stands]) await goOn(worker, asleep);
    if (await isSettled(schedule)) return;
    for (const slot of world.slots) await fallSilent(world, slot);
    await expireLeases(world.store);
    await clean(schedule);
    for (const runId of runs) await deliver(schedule, runId);
  }
  throw new Error("the runs do not come to an end");
}

/** Nobody works, nothing is to be cleaned, and every run is over or waits for a person. */
async function isSettled({ world: { store }, workers, runs }: Schedule): Promise<boolean> {
  if (workers.some(({ outcome, stands }) => outcome === undefined || stands.length > 0)) return false;
  const slots = await listSlots(store);
  if (slots.some(({ leaseState }) => leaseState !== "free" && leaseState !== "held")) return false;
  for (const runId of runs) {
    const run = await findRun(store, runId);
    if (run === undefined || isTerminal(run.status)) continue;
    const isHeld = slots.some((slot) => slot.runId === runId);
    const attempts = await listAttempts(store, runId);
    const isOpen = attempts.some(({ status }) => status === "requested" || status === "running");
    if (run.status !== "needs_approval" || !isHeld || isOpen) return false;
  }
  return true;
}
