import type * as controlStore from "@oroboros/control-store";
import type * as host from "@oroboros/host";
import type { SlotId } from "@oroboros/slot-contract";
import { reportMatrix, rounds } from "@oroboros/test-support";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Context } from "../context.ts";
import { aSequence, aSeed } from "../testing/a-sequence.ts";
import { clearAway, judgeSchedule } from "../testing/judge-schedule.ts";
import { standHere } from "../testing/paced-workers.ts";
import { runSchedule } from "../testing/run-schedule.ts";
import {
  actThroughSupervisor,
  actUnderLease,
  aScheduledWorld,
  type ScheduledWorld,
} from "../testing/scheduled-world.ts";
import type { PublishTask } from "./publish-task.ts";
import type { PublishWork } from "./publish-plan.ts";
import type { StepContext } from "./step-context.ts";

const SCHEDULES = rounds(1_000, 40);
/** On a machine that does a lot else. */
const TIMEOUT_MS = 600_000;
const STEPS = ["checkout", "database_reset", "backend_restart", "smoke"] as const;
const FAILS_ONE_IN = 15;
const UNFENCED_SEED = 1;
const UNFENCED_SCHEDULES = 20;
/** Where a transaction is open: whoever stands still there keeps others waiting at its locks. */
const IN_A_TRANSACTION = /between_steps|before_approval|before_success|before_commit/;

let world: ScheduledWorld;
let below: (limit: number) => number = () => 1;
beforeAll(async () => {
  world = await aScheduledWorld();
});
afterAll(() => world?.[Symbol.asyncDispose]());

let isFenced = true;
vi.mock("@oroboros/control-store", async (original) => {
  const real = await original<typeof controlStore>();
  const holdLease: typeof real.holdLease = async (...held) => (isFenced ? real.holdLease(...held) : undefined);
  return { ...real, holdLease };
});
// What is put to the proof is who does which step when, and what is refused. The steps themselves are only noted.
vi.mock("@oroboros/host", async (original) => ({
  ...(await original<typeof host>()),
  faultPoint: async (point: string) => {
    if (!IN_A_TRANSACTION.test(point)) await standHere();
  },
}));
vi.mock("./observe-source.ts", () => ({
  observeSource: async () => {
    await standHere();
    return { commitSha: "1".repeat(40), base: {} };
  },
}));
vi.mock("./plan-publish.ts", () => ({
  planPublish: (_contract: unknown, { attempt }: { attempt: number }) => ({
    steps: STEPS.map((name) => ({ name, commands: [], packages: { kind: "link", commands: [] } })),
    live: { attempt, commitSha: "1".repeat(40), frontend: {}, backend: {} },
  }),
}));
vi.mock("./carry-out.ts", () => ({
  carryOut: (step: StepContext, { name }: PublishWork) => carryOutNoted(step, name),
}));
vi.mock("./revert-publish.ts", () => ({
  revertPublish: async (context: Context, { lease }: PublishTask) => {
    await standHere();
    await actUnderLease(context, { lease, step: "revert" });
    await standHere();
  },
}));
vi.mock("../slots/clear-slot.ts", () => ({
  clearSlot: async (context: Context, lease: PublishTask["lease"]) => {
    await standHere();
    await actThroughSupervisor({ lease, step: "clear" });
    await actUnderLease(context, { lease, step: "clear" });
  },
}));
vi.mock("./step-log.ts", () => ({ openStepLog: async () => ({ write: () => undefined, close: async () => 0 }) }));
vi.mock("./observe-previous.ts", () => ({ observePrevious: async () => ({}) }));
vi.mock("./record-diff.ts", () => ({ recordDiff: async () => undefined }));
vi.mock("./remove-leftovers.ts", () => ({ removeLeftovers: async () => undefined }));
vi.mock("./tidy-up.ts", () => ({ tidyUp: async () => undefined }));
vi.mock("../database/warm-spare.ts", () => ({ warmSpare: async (_context: Context, _slot: SlotId) => undefined }));

async function carryOutNoted({ context, lease }: StepContext, step: string): Promise<undefined> {
  await standHere();
  if (step === "checkout" || step === "backend_restart") await actThroughSupervisor({ lease, step });
  else await actUnderLease(context, { lease, step });
  await standHere();
  if (below(FAILS_ONE_IN) === 0) throw new Error("The branch is broken.");
  return undefined;
}

/** What the schedules of so many seeds have broken, each named by its seed. */
async function play(seed: number, schedules: number): Promise<string[]> {
  const broken: string[] = [];
  for (let schedule = 0; schedule < schedules; schedule += 1) {
    below = aSequence(seed + schedule);
    const played = await runSchedule(world, below);
    broken.push(...(await judgeSchedule(played)).map((promise) => `seed ${seed + schedule}: ${promise}`));
    await clearAway(played);
  }
  return broken;
}

test(
  `in ${SCHEDULES} schedules of pauses, expiries and double deliveries nothing is done twice, or under a lost lease`,
  { timeout: TIMEOUT_MS },
  async () => {
    const seed = aSeed();
    const startedAt = performance.now();
    const broken = await play(seed, SCHEDULES);
    const seconds = Math.round((performance.now() - startedAt) / 1_000);
    reportMatrix({ matrix: "schedules", cases: SCHEDULES, violations: broken.length, seed, seconds });
    expect(broken).toEqual([]);
  },
);

test("the same schedules break promises where nothing is fenced", { timeout: TIMEOUT_MS }, async () => {
  isFenced = false;
  try {
    expect(await play(UNFENCED_SEED, UNFENCED_SCHEDULES)).not.toEqual([]);
  } finally {
    isFenced = true;
  }
});
