import { showRun } from "@oroboros/test-runtime";
import { eventually } from "@oroboros/test-support";
import { createPublished, promise, type World } from "./world.ts";

/** What a worker or the api is asked for, so that it comes by a point. */
export interface Scenario {
  /** Who is armed. */
  readonly fails: "worker" | "api";
  /** What has to be there before, made by a worker that works. */
  prepare(world: World): Promise<string>;
  /** What leads to the point. `runId` is what was prepared. Resolves once it was asked for, whatever comes of it. */
  provoke(world: World, runId: string): Promise<string>;
  /** How the run may end when the worker is killed; another worker loses nothing of it. */
  readonly ends: readonly string[];
}

const nothing = async (): Promise<string> => "";

/** A run whose preview is live. */
async function live(world: World): Promise<string> {
  const runId = await createPublished(world, "live", world.commits.one);
  await eventually(async () => (await showRun(world.installation.runtime, runId)).status === "needs_approval", {
    deadlineMs: 30_000,
  });
  return runId;
}

async function publish(world: World, runId: string, commit_sha: string): Promise<string> {
  const { runtime } = world.installation;
  const body = JSON.stringify({ commit_sha });
  const { status, body: attempt } = await runtime.api(`/api/runs/${runId}/publish`, { method: "POST", body });
  if (status !== 202) throw new Error(`publishing again answered ${status}: ${JSON.stringify(attempt)}`);
  const number = (attempt as { attempt: number }).attempt;
  promise(world, `publish ${number} of ${runId}`, `/api/runs/${runId}`, (run: { attempts: { attempt: number }[] }) =>
    run.attempts.some((each) => each.attempt === number),
  );
  return runId;
}

const cancel = async (world: World, runId: string): Promise<string> => {
  const { status } = await world.installation.runtime.api(`/api/runs/${runId}/cancel`, { method: "POST", body: "{}" });
  if (status === 200)
    promise(world, `cancel of ${runId}`, `/api/runs/${runId}`, (run: { status: string }) => run.status === "canceled");
  return runId;
};

const SCENARIOS = {
  publish: {
    fails: "worker",
    prepare: nothing,
    provoke: (world) => createPublished(world, "first", world.commits.one),
    ends: ["needs_approval"],
  },
  failingPublish: {
    fails: "worker",
    prepare: nothing,
    provoke: (world) => createPublished(world, "failing", world.commits.unbuildable),
    ends: ["failed"],
  },
  republish: {
    fails: "worker",
    prepare: live,
    provoke: (world, runId) => publish(world, runId, world.commits.other),
    ends: ["needs_approval"],
  },
  failingRepublish: {
    fails: "worker",
    prepare: live,
    provoke: (world, runId) => publish(world, runId, world.commits.unstartable),
    ends: ["needs_approval"],
  },
  idle: { fails: "worker", prepare: live, provoke: cancel, ends: ["canceled"] },
} satisfies Record<string, Scenario>;
export type ScenarioName = keyof typeof SCENARIOS;
export const scenarioOf = (name: ScenarioName): Scenario => SCENARIOS[name];
