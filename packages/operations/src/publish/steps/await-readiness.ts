import { httpProbe, runGate, type Probe } from "@oroboros/health-probe";
import { faultPoint, plainText, swapSymlink } from "@oroboros/host";
import {
  COMMIT_HEADER,
  OperatorError,
  SLOT_HEADER,
  surfaceHealthSchema,
  surfaceLink,
  type CommitSha,
  type SlotId,
} from "@oroboros/slot-contract";
import { pointAtWorktree } from "../point-at-worktree.ts";
import { proveProcess } from "../prove-process.ts";
import type { StepOf } from "../publish-plan.ts";
import { underLease, type StepContext } from "../step-context.ts";
import { watchBackend } from "../watch-backend.ts";

const GATE_POLICY = { intervalMs: 10, consecutivePasses: 2 };
const LOG_LINES = 20;

/** Backend first, then the surface is switched, then the way a visitor takes: each proven to be this slot's at this commit. */
export async function awaitReadiness(step: StepContext, plan: StepOf<"readiness">): Promise<void> {
  const watch = watchBackend(step.context, step.lease.slotId, step.signal);
  try {
    await passGates({ ...step, signal: watch.signal }, plan);
  } finally {
    watch.stop();
  }
}

async function passGates(step: StepContext, plan: StepOf<"readiness">): Promise<void> {
  const { context, lease } = step;
  const slot = lease.slotId;
  const { backend, surface } = plan;
  const probe = (name: string, url: string, test: ProbeTest): Probe =>
    httpProbe({ name, url, fetch: context.fetch, ...test });
  const handlers = { judge: isBackendOf(slot, backend.commitSha) };
  const ownBackend = backend.slotApi ? handlers : {};
  const ownApi = backend.slotApi ? handlers : { accepts: reachesBackend };
  // One that was proven before is asked once, together with the way that leads to it.
  if (!backend.isLive) await passGate(step, plan.deadlineMs, [probe("backend", backend.healthUrl, ownBackend)]);
  if (!backend.slotApi) await proveProcess(step, backend.worktree);
  await faultPoint("publish.before_switch");
  await switchOver(step, plan);
  await faultPoint("publish.after_switch");
  await passGate(step, plan.deadlineMs, [
    ...(backend.isLive ? [probe("backend", backend.healthUrl, ownBackend)] : []),
    probe("surface", surface.healthUrl, { judge: isSurfaceOf(slot, surface.commitSha) }),
    probe("api", plan.proxiedHealthUrl, ownApi),
  ]);
}

/** Surface and worktree, each by one rename. */
async function switchOver(step: StepContext, { surface, worktree }: StepOf<"readiness">): Promise<void> {
  if (surface.isLive && worktree === null) return;
  const link = surfaceLink(step.context.contract, step.lease.slotId);
  await underLease(step, async (tx) => {
    if (!surface.isLive) await swapSymlink({ target: surface.path, link });
    if (worktree !== null) await pointAtWorktree(step, tx, worktree);
  });
  step.log.write({ event: "surface_switched", surface: surface.path });
}

type ProbeTest = Pick<Parameters<typeof httpProbe>[0], "accepts" | "judge">;
type Judge = NonNullable<ProbeTest["judge"]>;

/** A backend without the slot handlers need not know /api/health: any answer that is not the surface's own will do. */
const reachesBackend = (status: number): boolean => status < 500;

function isBackendOf(slot: SlotId, commit: CommitSha): Judge {
  return ({ status, headers }) => {
    if (status !== 200) return `answered ${status}`;
    if (headers.get(SLOT_HEADER) !== slot)
      return `is the backend of ${headers.get(SLOT_HEADER) ?? "no slot"}, not of ${slot}`;
    const running = headers.get(COMMIT_HEADER);
    return running === commit ? undefined : `runs commit ${running ?? "unknown"}, not ${commit}`;
  };
}

function isSurfaceOf(slot: SlotId, commit: CommitSha): Judge {
  return ({ status, body }) => {
    if (status !== 200) return `answered ${status}`;
    const health = surfaceHealthSchema.safeParse(JSON.parse(body));
    if (!health.success || health.data.slot_id !== slot) return `is not the surface of ${slot}`;
    const { commit_sha: served } = health.data;
    return served === commit ? undefined : `serves commit ${served ?? "none"}, not ${commit}`;
  };
}

async function passGate(step: StepContext, deadlineMs: number, probes: Probe[]): Promise<void> {
  const { context, lease, log, signal } = step;
  const result = await runGate({
    probes,
    policy: { ...GATE_POLICY, deadlineMs },
    clock: context.clock,
    signal,
    lastLogLines: () => context.processes.backendLogTail(lease.slotId, LOG_LINES),
  });
  log.write({ event: "gate", ...result });
  if (result.passed) return;
  const answers = result.answers.map(({ name, detail }) => `${name}: ${detail}`);
  throw new OperatorError(
    "gate_failed",
    [
      `${lease.slotId} was not ready within ${deadlineMs / 1000} s.`,
      ...answers,
      ...result.lastLogLines.map(plainText),
    ].join("\n"),
    { hint: "Read the backend's last lines above, correct the branch, commit, and publish the new commit." },
  );
}
