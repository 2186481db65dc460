import { endRun, findRun, listAttempts, listEvents, listSlots, releaseLease } from "@oroboros/control-store";
import { isTerminal, type RunId, type RunState } from "@oroboros/slot-contract";
import type { Schedule } from "./run-schedule.ts";
import { effects, type Effect } from "./scheduled-world.ts";

/** What may be done again under the same grant: it only takes away or points back. */
const REPEATABLE = new Set(["clear", "revert"]);

/** Each sentence is a promise that the schedule broke. */
export async function judgeSchedule(schedule: Schedule): Promise<string[]> {
  const broken = [...lostEffects(), ...doubleEffects()];
  for (const runId of schedule.runs) {
    broken.push(...(await doubleEvents(schedule, runId)), ...(await looseEnds(schedule, runId)));
  }
  return broken;
}

async function doubleEvents({ world: { store } }: Schedule, runId: RunId): Promise<string[]> {
  const events = await listEvents(store, { runId, sinceId: "0", limit: 1_000 });
  const once = events.flatMap(({ eventType, detail }) => {
    if (eventType === "lease_acquired") return ["a slot is claimed"];
    if (eventType === "publish_succeeded" || eventType === "publish_failed")
      return [`publish ${String(detail["attempt"])} ends`];
    if (eventType !== "run_transitioned") return [];
    const to = detail["to"] as RunState;
    return isTerminal(to) ? ["the run ends"] : [`the run becomes ${to}`];
  });
  return repeated(once).map((event) => `${runId}: ${event} twice`);
}

async function looseEnds({ world: { store } }: Schedule, runId: RunId): Promise<string[]> {
  const run = await findRun(store, runId);
  const isOver = run === undefined || isTerminal(run.status);
  const held = (await listSlots(store)).filter((slot) => slot.runId === runId);
  const open = (await listAttempts(store, runId)).filter(({ finishedAt }) => finishedAt === null);
  return [
    ...(held.length === (isOver ? 0 : 1) ? [] : [`${runId} is ${run?.status} and holds ${held.length} slots`]),
    ...open.map(({ attempt }) => `${runId}: publish ${attempt} is left open`),
  ];
}

const told = ({ lease, step }: Effect): string =>
  `${step} of ${lease.runId} in ${lease.slotId} under ${lease.leaseEpoch}`;

/**
 * Nothing is done under a lease of which the database says that it is lost. The supervisor only knows the leases it was shown: it is
 * never to obey an earlier one after a later one.
 */
function lostEffects(): string[] {
  const late = effects.filter((effect, place) => effects.slice(0, place).some((before) => isOutdone(effect, before)));
  const lost = new Set([...effects.filter(({ isLost }) => isLost), ...late]);
  return [...lost].map((effect) => `${told(effect)} was accepted although the lease was lost`);
}

const isOutdone = ({ lease, by }: Effect, before: Effect): boolean =>
  by === before.by &&
  lease.slotId === before.lease.slotId &&
  BigInt(lease.leaseEpoch) < BigInt(before.lease.leaseEpoch);

const doubleEffects = (): string[] =>
  repeated(effects.filter(({ step }) => !REPEATABLE.has(step)).map(told)).map((effect) => `${effect} was done twice`);

const repeated = (all: readonly string[]): string[] => [
  ...new Set(all.filter((one, place) => all.indexOf(one) !== place)),
];

/** Ends what a schedule has left, so that the next one finds free slots. */
export async function clearAway({ world: { store }, runs }: Schedule): Promise<void> {
  for (const runId of runs) {
    const run = await findRun(store, runId);
    if (run !== undefined && !isTerminal(run.status))
      await endRun(store, { runId, to: "canceled", reasonCode: "AGENT_CANCELED" });
  }
  for (const slot of await listSlots(store)) await releaseLease(store, slot);
  await store.updateTable("slot_leases").set({ quarantined_at: null }).execute();
}
