import type { RunId } from "@oroboros/slot-contract";
import { eventually } from "@oroboros/test-support";
import fc from "fast-check";
import { sql } from "kysely";
import { openWorkerPresence } from "../../src/presence/open-worker-presence.ts";
import { isPresent, upForAWhile } from "../presence.ts";
import type { TestControlStore } from "../use-control-store.ts";
import { declareClean, giveUp, hold, letGo, presented, release, renew, succeed } from "./commands-of-grants.ts";
import { acquire, cancel, claim, extend, heartbeat, replace } from "./commands-of-runs.ts";
import {
  begin,
  expire,
  lookAtQueue,
  maintain,
  quarantine,
  reap,
  request,
  silence,
  takeOver,
} from "./commands-of-slots.ts";
import type { LeaseFunctions } from "./with-mutant.ts";
import {
  aDeadWorker,
  expectAsThought,
  isTimely,
  runOut,
  startOver,
  type Chosen,
  type ModelWorld,
} from "./model-world.ts";

type Command = (world: ModelWorld, chosen: Chosen) => Promise<void>;

/** What is done under a grant, in a transaction that may have begun before the lease ran out. */
const UNDER_A_GRANT = { renew, release, hold, declareClean, succeed, giveUp };
const OTHERS = {
  ...{ acquire, claim, heartbeat, extend, cancel, replace },
  ...{ maintain, quarantine, reap, lookAtQueue, letGo },
  ...{ request, begin, takeOver, expire, silence },
};
const COMMANDS: Readonly<Record<string, Command>> = { ...UNDER_A_GRANT, ...OTHERS };

/** What leads far is done more often than what ends everything. */
const KINDS = [
  ...Object.keys(COMMANDS),
  ...["claim", "claim", "claim", "succeed", "succeed", "request", "request", "begin", "begin", "begin"],
  ...["silence", "silence", "takeOver", "takeOver", "takeOver", "giveUp", "renew", "maintain", "expire", "extend"],
];

const index = fc.nat({ max: 60 });
const one = fc.record({ kind: fc.constantFrom(...KINDS), which: index, other: index, late: fc.constant(false) });
const underOneOfTheLast = fc.record({
  kind: fc.constantFrom("renew", "renew", "hold", "hold", "succeed", "succeed", "release", "declareClean", "giveUp"),
  which: fc.nat({ max: 2 }),
  other: index,
  late: fc.nat({ max: 3 }).map((many) => many === 0),
});
const operation = fc.oneof({ arbitrary: one, weight: 3 }, { arbitrary: underOneOfTheLast, weight: 1 });
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

const RUNS = 5;
const MAX_OPERATIONS = 40;

export type ModelReport = fc.RunDetails<[Operation[]]>;

/** Does whatever in whatever order to a control database and to a model of it, and tells where the two differ. */
export async function checkLeaseModel(
  control: TestControlStore,
  leases: LeaseFunctions,
  options: { cases: number; seed: number; endOnFailure?: boolean },
): Promise<ModelReport> {
  const runs: RunId[] = [];
  for (let run = 0; run < RUNS; run += 1) runs.push((await control.queueRun()).runId);
  const presence = await openWorkerPresence({ databaseUrl: control.url, onError: () => undefined });
  const workerIds = { alive: presence.workerId, dead: aDeadWorker() };
  await upForAWhile(control.db);
  await eventually(() => isPresent(control.db, presence.workerId), { deadlineMs: 25_000 });
  const property = fc.asyncProperty(
    fc.array(operation, { maxLength: MAX_OPERATIONS, size: "max" }),
    async (operations) => {
      const now = performance.now();
      const time = { startedAt: now, heardAt: now };
      const world: ModelWorld = { control, leases, workerIds, state: await startOver(control, runs), time };
      for (const each of operations) await performInTime(world, each);
    },
  );
  try {
    const { cases: numRuns, ...rest } = options;
    return await fc.check(property, { numRuns, ...rest });
  } finally {
    await presence.close();
  }
}

/** What differs because this machine stood still meanwhile proves nothing. */
async function performInTime(world: ModelWorld, operation: Operation): Promise<void> {
  try {
    await perform(world, operation);
  } catch (error) {
    fc.pre(isTimely(world));
    throw error;
  }
}

async function perform(world: ModelWorld, { kind, late, ...chosen }: Operation): Promise<void> {
  const { db } = world.control;
  const command = COMMANDS[kind]!;
  if (!late) await command(world, { ...chosen, store: db });
  else {
    await db.transaction().execute(async (tx) => {
      await sql`select`.execute(tx);
      const held = presented(world, chosen.which);
      if (held?.isLast === true) await runOut(world, held.slot);
      await command(world, { ...chosen, store: tx });
    });
  }
  await expectAsThought(world);
}
