import type * as controlStore from "@oroboros/control-store";
import type { PublishWork } from "../publish/publish-plan.ts";
import type { PublishTask } from "../publish/publish-task.ts";
import type { StepContext } from "../publish/step-context.ts";
import type { Context } from "../context.ts";
import { standHere } from "./paced-workers.ts";
import type { StandIns } from "./replace-functions.ts";
import { actThroughSupervisor, actUnderLease } from "./scheduled-world.ts";

const COMMIT = "1".repeat(40);
const STEPS = ["checkout", "database_reset", "backend_restart", "smoke"] as const;
const FAILS_ONE_IN = 15;
/** Where a transaction is open: whoever stands still there keeps others waiting at its locks. */
const IN_A_TRANSACTION = /between_steps|before_approval|before_success|before_commit/;

let below: (limit: number) => number = () => 1;

/** What decides which step fails. */
export function chooseBy(sequence: typeof below): void {
  below = sequence;
}

const nothing = async (): Promise<undefined> => undefined;

/** What is put to the proof is who does which step when, and what is refused. The steps themselves are only noted. */
export const notedSteps = ({ isFenced }: { isFenced: boolean }): StandIns => ({
  holdLease: async (real: typeof controlStore.holdLease, ...held: Parameters<typeof controlStore.holdLease>) =>
    isFenced ? real(...held) : undefined,
  faultPoint: async (_real: never, point: string) => {
    if (!IN_A_TRANSACTION.test(point)) await standHere();
  },
  observeSource: async () => {
    await standHere();
    return { commitSha: COMMIT, base: {} };
  },
  planPublish: (_real: never, _contract: never, { attempt }: { attempt: number }) => ({
    steps: STEPS.map((name) => ({ name, commands: [], packages: { kind: "link", commands: [] } })),
    live: { attempt, commitSha: COMMIT, frontend: {}, backend: {} },
  }),
  carryOut: (_real: never, step: StepContext, { name }: PublishWork) => carryOutNoted(step, name),
  revertPublish: async (_real: never, context: Context, { lease }: PublishTask) => {
    await standHere();
    await actUnderLease(context, { lease, step: "revert" });
    await standHere();
  },
  clearSlot: async (_real: never, context: Context, lease: PublishTask["lease"]) => {
    await standHere();
    await actThroughSupervisor({ lease, step: "clear" });
    await actUnderLease(context, { lease, step: "clear" });
  },
  openStepLog: async () => ({ write: () => undefined, close: async () => 0 }),
  observePrevious: async () => ({}),
  recordDiff: nothing,
  removeLeftovers: nothing,
  tidyUp: nothing,
  warmSpare: nothing,
});

async function carryOutNoted({ context, lease }: StepContext, step: string): Promise<undefined> {
  await standHere();
  if (step === "checkout" || step === "backend_restart") await actThroughSupervisor({ lease, step });
  else await actUnderLease(context, { lease, step });
  await standHere();
  if (below(FAILS_ONE_IN) === 0) throw new Error("The branch is broken.");
  return undefined;
}
