import {
  beginAttempt,
  findLiveAttempt,
  findRun,
  listAttempts,
  pinAttempt,
  runsToPublishAgain,
  takeOverAttempt,
  type BegunAttempt,
} from "@oroboros/control-store";
import { faultPoint } from "@oroboros/host";
import type { RunId } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";
import { readBaseOfRun } from "../database/database-choice.ts";
import { applyPublish } from "./apply-publish.ts";
import { endPublish, orAbandon, reasonOf } from "./end-publish.ts";
import { recordFailure, recordSuccess } from "./end-publish-again.ts";
import { endsInTime } from "./ends-in-time.ts";
import type { LivePublish } from "./live-publish.ts";
import { forPublish } from "./for-publish.ts";
import { observePrevious } from "./observe-previous.ts";
import { observeSource, type SourceFacts } from "./observe-source.ts";
import { planPublish } from "./plan-publish.ts";
import { publishFirst } from "./publish-first.ts";
import type { PublishOutcome } from "./publish-outcome.ts";
import type { PublishTask } from "./publish-task.ts";
import { refuseHopeless } from "./refuse-hopeless.ts";
import { removeLeftovers } from "./remove-leftovers.ts";
import { revertPublish } from "./revert-publish.ts";
import { SILENT_SECONDS } from "./silent-seconds.ts";
import { tidyUp } from "./tidy-up.ts";
import { watchLease } from "./watch-lease.ts";

/**
 * Does the publishes that wait for a run whose preview is live, one after the other, and goes on with one whose worker fell silent.
 * The run's state stays what it is, whatever comes of them.
 */
export async function publishAgain(context: Context, runId: RunId, signal: AbortSignal): Promise<PublishOutcome> {
  const { store, workerId, runTimeoutSeconds } = context;
  const worker = { workerId, runTimeoutSeconds };
  let last: PublishOutcome = { outcome: "nothing_to_do" };
  for (;;) {
    const taken = await takeOverAttempt(store, { runId, silentSeconds: SILENT_SECONDS, ...worker });
    const begun = taken ?? (await beginAttempt(store, runId, worker));
    if (begun === undefined) return last;
    const isTakenOver = taken !== undefined;
    last = await orAbandon(context, begun.lease, () => publishOnce(context, { ...begun, signal, isTakenOver }));
    if (signal.aborted || !(await runsToPublishAgain(store)).includes(runId)) return last;
  }
}

type Begun = BegunAttempt & { signal: AbortSignal; isTakenOver: boolean };

async function publishOnce(world: Context, begun: Begun): Promise<PublishOutcome> {
  const context = await forPublish(world, { lease: begun.lease, commitSha: begun.attempt.commitSha });
  await faultPoint("republish.after_begin");
  const { attempt, lease } = begun;
  const task: PublishTask = { ...begun, attempt: attempt.attempt };
  const live = (await findLiveAttempt(context.store, lease.runId))?.live as LivePublish | null | undefined;
  if (live === null || live === undefined) {
    return publishFirst(context, task, () => sourceOf(context, begun));
  }
  const watch = watchLease(context, lease, task.signal, task.remainingMs);
  const { signal } = watch;
  let source: SourceFacts;
  try {
    source = await endsInTime(context, signal, makeLiveAgain(context, { ...task, signal }, begun, live));
  } catch (error) {
    return await endPublish(context, task, error, () => recordFailure(context, task, live, reasonOf(error, signal)));
  } finally {
    watch.stop();
  }
  await tidyUp(context, lease, source.base);
  return { outcome: "published", lease };
}

async function makeLiveAgain(
  context: Context,
  task: PublishTask,
  begun: Begun,
  live: LivePublish,
): Promise<SourceFacts> {
  const { lease } = task;
  await settle(context, begun, live);
  // Beside reading the commit and checking it out, which it does not disturb.
  const cleared = removeLeftovers(context, task, live);
  // Whoever awaits it is told; until then nobody is listening.
  cleared.catch(() => undefined);
  try {
    const source = await sourceOf(context, begun);
    const previous = await observePrevious(context, lease, live);
    const target = { slot: lease.slotId, runId: lease.runId, attempt: task.attempt };
    const plan = planPublish(context.contract, target, source, previous);
    const published = await applyPublish(context, { ...task, cleared }, plan);
    await recordSuccess(context, task, published);
    await faultPoint("republish.after_success");
    return source;
  } finally {
    await cleared.catch(() => undefined);
  }
}

/** Points the slot back at the live publish, should one that did not end, or could not be pointed back, have left half of itself. */
async function settle(context: Context, { attempt, lease, isTakenOver }: Begun, live: LivePublish): Promise<void> {
  const attempts = await listAttempts(context.store, lease.runId);
  const last = attempts.findLast((each) => each.attempt < attempt.attempt);
  if (isTakenOver) await revertPublish(context, { lease, attempt: attempt.attempt }, live);
  else if (last?.status === "failed")
    await revertPublish(context, { lease, attempt: last.attempt }, live, { isRepeated: true });
}

async function sourceOf(context: Context, begun: Begun): Promise<SourceFacts> {
  const { attempt, lease } = begun;
  await refuseHopeless(context, begun);
  const run = await findRun(context.store, lease.runId);
  const source = await observeSource(context, { branch: run?.branch ?? null, commitSha: attempt.commitSha }, () =>
    readBaseOfRun(context, lease),
  );
  await pinAttempt(context.store, { lease, attempt: attempt.attempt, commitSha: source.commitSha });
  return source;
}
