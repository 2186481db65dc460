import { showRun } from "@oroboros/test-runtime";
import { eventually } from "@oroboros/test-support";
import { ask, promise, type World } from "./world.ts";

/** What a worker or the api is asked for, so that it comes by a point. */
export interface Scenario {
  /** Who is armed. */
  readonly fails: "worker" | "api";
  /** What has to be there before, made by a worker that works. Resolves to its run. */
  prepare(world: World): Promise<string>;
  /**
   * What leads to the point. Whether it is answered or not, it resolves to the run that it is about; undefined where it made none.
   */
  provoke(world: World, runId: string): Promise<string | undefined>;
  /** How the run ends where the process is killed: another one loses nothing of it. */
  readonly ends: readonly string[];
}

const nothing = async (): Promise<string> => "";

async function create(world: World, title: string, commit_sha: string): Promise<string | undefined> {
  const body = await ask<{ run_id: string }>(world, "/api/runs", { title, commit_sha });
  if (body === undefined) return undefined;
  promise(world, `run ${body.run_id}`, `/api/runs/${body.run_id}`, (run: { title: string }) => run.title === title);
  return body.run_id;
}

/** A run whose preview is live. */
async function live(world: World): Promise<string> {
  const runId = await create(world, "live", world.commits.one);
  if (runId === undefined) throw new Error("a run could not be created");
  const isLive = async (): Promise<boolean> =>
    (await showRun(world.installation.runtime, runId)).status === "needs_approval";
  await eventually(isLive, { deadlineMs: 120_000 });
  return runId;
}

async function publish(world: World, runId: string, commit_sha: string): Promise<string> {
  const body = await ask<{ attempt: number }>(world, `/api/runs/${runId}/publish`, { commit_sha });
  if (body !== undefined) {
    const isThere = ({ attempts }: { attempts: { attempt: number }[] }): boolean =>
      attempts.some(({ attempt }) => attempt === body.attempt);
    promise(world, `publish ${body.attempt} of ${runId}`, `/api/runs/${runId}`, isThere);
  }
  return runId;
}

async function cancel(world: World, runId: string): Promise<string> {
  if ((await ask(world, `/api/runs/${runId}/cancel`, {})) !== undefined) promiseStatus(world, runId, "canceled");
  return runId;
}

async function release(world: World, runId: string): Promise<string> {
  const { slot_id } = await showRun(world.installation.runtime, runId);
  const body = await ask<{ released: boolean }>(world, `/api/slots/${slot_id}/release`, { run_id: runId });
  if (body?.released === true) promiseStatus(world, runId, "canceled");
  return runId;
}

async function reapOverApi(world: World, runId: string): Promise<string> {
  await runOut(world, runId);
  await ask(world, "/api/slots/reap-expired", {});
  return runId;
}

/** As if nobody had renewed the lease for its whole time. */
async function runOut(world: World, runId: string): Promise<string> {
  await world.installation.query(`update slot_leases set expires_at = clock_timestamp() where run_id = '${runId}'`);
  return runId;
}

function promiseStatus(world: World, runId: string, status: string): void {
  promise(world, `${runId} is ${status}`, `/api/runs/${runId}`, (run: { status: string }) => run.status === status);
}

const SCENARIOS = {
  publish: {
    fails: "worker",
    prepare: nothing,
    provoke: (world) => create(world, "first", world.commits.one),
    ends: ["needs_approval"],
  },
  failingPublish: {
    fails: "worker",
    prepare: nothing,
    provoke: (world) => create(world, "failing", world.commits.unbuildable),
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
  cancel: { fails: "worker", prepare: live, provoke: cancel, ends: ["canceled"] },
  reap: { fails: "worker", prepare: live, provoke: runOut, ends: ["expired"] },
  "api: create": {
    fails: "api",
    prepare: nothing,
    provoke: (world) => create(world, "asked", world.commits.one),
    ends: ["needs_approval"],
  },
  "api: publish": {
    fails: "api",
    prepare: live,
    provoke: (world, runId) => publish(world, runId, world.commits.other),
    ends: ["needs_approval"],
  },
  "api: cancel": { fails: "api", prepare: live, provoke: cancel, ends: ["canceled", "needs_approval"] },
  "api: release": { fails: "api", prepare: live, provoke: release, ends: ["canceled", "needs_approval"] },
  "api: reap": { fails: "api", prepare: live, provoke: reapOverApi, ends: ["expired"] },
} satisfies Record<string, Scenario>;
export type ScenarioName = keyof typeof SCENARIOS;
export const scenarioOf = (name: ScenarioName): Scenario => SCENARIOS[name];
