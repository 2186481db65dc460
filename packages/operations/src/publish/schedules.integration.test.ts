import type * as host from "@oroboros/host";
import { OperatorError, type SlotId } from "@oroboros/slot-contract";
import { reportMatrix, rounds } from "@oroboros/test-support";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Context } from "../context.ts";
import { aSequence, aSeed } from "../testing/a-sequence.ts";
import { clearAway, judgeSchedule } from "../testing/judge-schedule.ts";
import { hasDone, standHere } from "../testing/paced-workers.ts";
import { runSchedule } from "../testing/run-schedule.ts";
import {
  actThroughSupervisor,
  actUnderLease,
  aScheduledWorld,
  type ScheduledWorld,
} from "../testing/scheduled-world.ts";
import type { PublishTask } from "./apply-publish.ts";
import type { PublishWork } from "./publish-plan.ts";
import type { StepContext } from "./step-context.ts";

const SCHEDULES = rounds(1_000);
/** On a machine that does a lot else. */
const TIMEOUT_MS = 600_000;
const STEPS = ["checkout", "database_reset", "backend_restart", "smoke"] as const;
const FAILS_ONE_IN = 25;
/** Where a transaction is open: whoever stands still there keeps others waiting at its locks. */
const IN_A_TRANSACTION = /between_steps|before_approval|before_success|before_commit/;

let world: ScheduledWorld;
let below: (limit: number) => number = () => 1;
beforeAll(async () => {
  world = await aScheduledWorld();
});
afterAll(() => world?.[Symbol.asyncDispose]());

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
    steps: STEPS.map((name) => ({ name })),
    live: { attempt, commitSha: "1".repeat(40), frontend: {}, backend: {} },
  }),
}));
vi.mock("./carry-out.ts", () => ({
  carryOut: (step: StepContext, { name }: PublishWork) => carryOutNoted(step, name),
}));
vi.mock("./revert-publish.ts", () => ({
  revertPublish: async (context: Context, { lease, attempt }: PublishTask) => {
    await standHere();
    await actUnderLease(context, { lease, attempt, step: "revert" });
    await standHere();
  },
}));
vi.mock("../slots/clear-slot.ts", () => ({
  clearSlot: async (context: Context, lease: PublishTask["lease"]) => {
    await standHere();
    await actThroughSupervisor({ lease, attempt: 0, step: "clear" });
    await actUnderLease(context, { lease, attempt: 0, step: "clear" });
  },
}));
vi.mock("./step-log.ts", () => ({ openStepLog: async () => ({ write: () => undefined, close: async () => 0 }) }));
vi.mock("./observe-previous.ts", () => ({ observePrevious: async () => ({}) }));
vi.mock("./record-diff.ts", () => ({ recordDiff: async () => undefined }));
vi.mock("./remove-leftovers.ts", () => ({ removeLeftovers: async () => undefined }));
vi.mock("./tidy-up.ts", () => ({ tidyUp: async () => undefined }));
vi.mock("../database/warm-spare.ts", () => ({ warmSpare: async (_context: Context, _slot: SlotId) => undefined }));

async function carryOutNoted({ context, lease }: StepContext, step: string): Promise<undefined> {
  const attempt = Number(lease.leaseEpoch);
  try {
    await standHere();
    const isProcess = step === "checkout" || step === "backend_restart";
    if (isProcess) await actThroughSupervisor({ lease, attempt, step });
    else await actUnderLease(context, { lease, attempt, step });
    await standHere();
    if (below(FAILS_ONE_IN) === 0)
      throw new OperatorError("command_failed", "The branch is broken.", { hint: "Mend it." });
    return undefined;
  } finally {
    hasDone();
  }
}

test(
  `in ${SCHEDULES} schedules of pauses, resumptions, expiries and double deliveries nothing is done twice, or under a lost lease`,
  { timeout: TIMEOUT_MS },
  async () => {
    const seed = aSeed();
    const startedAt = performance.now();
    const broken: string[] = [];
    for (let schedule = 0; schedule < SCHEDULES; schedule += 1) {
      below = aSequence(seed + schedule);
      const played = await runSchedule(world, below);
      broken.push(...(await judgeSchedule(played)).map((promise) => `seed ${seed + schedule}: ${promise}`));
      await clearAway(played);
    }
    const seconds = Math.round((performance.now() - startedAt) / 1_000);
    reportMatrix({ matrix: "schedules", cases: SCHEDULES, violations: broken.length, seed, seconds });
    expect(broken).toEqual([]);
  },
);
