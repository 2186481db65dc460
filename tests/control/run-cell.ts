import { showRun, type TestProcess } from "@oroboros/test-runtime";
import { eventually } from "@oroboros/test-support";
import type { Cell } from "./cells.ts";
import { hasFailed } from "./installation.ts";
import { scenarioOf, type Scenario } from "./scenarios.ts";
import { ask, end, settle, type World } from "./world.ts";

export interface CellResult {
  violations: string[];
  /** From the moment a healthy process was there again to the moment everything was as it has to be. */
  recoveredMs: number;
  /** Whether the machine was busy meanwhile. */
  isBusy: boolean;
}

const REACHED = { deadlineMs: 90_000 };

/** Lets one process fail at one point in one way, puts a healthy one in its place, and judges what becomes of it. */
export async function runCell(world: World, cell: Cell): Promise<CellResult> {
  const scenario = scenarioOf(cell.scenario);
  const prepared = await scenario.prepare(world);
  const doomed = await arm(world, scenario, cell);
  const runId = await scenario.provoke(world, prepared);
  try {
    await eventually(() => hasFailed(doomed), REACHED);
  } catch {
    const violations = [`${cell.point} was never reached`, ...(await leave(world))];
    return { violations, recoveredMs: 0, isBusy: false };
  }
  await recover(world, scenario, cell, doomed);
  const recovered = await settle(world, () => unlessEnded(world, cell, scenario, runId));
  const later = await leave(world);
  const woken = cell.kind === "hang" && scenario.fails === "worker" ? await wakeUp(world, doomed) : [];
  const violations = [...recovered.violations, ...later, ...woken];
  return { violations, recoveredMs: recovered.ms, isBusy: recovered.isBusy };
}

/** Only the armed process works from here on. */
async function arm(world: World, { fails }: Scenario, { point, kind }: Cell): Promise<TestProcess> {
  const armed = { OROBOROS_FAULT: `${point}:${kind}` };
  await end(world[fails], "SIGKILL");
  const { startApi, startWorker } = world.installation;
  world[fails] = await (fails === "api" ? startApi(armed) : startWorker(armed));
  return world[fails];
}

async function recover(world: World, { fails }: Scenario, { kind }: Cell, doomed: TestProcess): Promise<void> {
  const { startApi, startWorker } = world.installation;
  if (kind === "throw") return;
  if (kind === "kill") {
    await doomed.exited;
    world[fails] = await (fails === "api" ? startApi() : startWorker());
    return;
  }
  if (fails === "worker") {
    // Nothing at all goes on in it; the other way to hang, in which its heart beats on, is deadlines.test.ts.
    doomed.kill("SIGSTOP");
    await world.installation.endStoppedSessions();
    await letTimePass(world);
    world.worker = await startWorker();
    return;
  }
  await letTimePass(world);
}

/** The silence, the lease or the transaction of what hangs is over when its time is: here at once. */
async function letTimePass({ installation }: World): Promise<void> {
  await installation.endIdleTransactions();
  await installation.query(
    "update slot_leases set heartbeat_at = heartbeat_at - interval '1 minute' where run_id is not null",
    "update slot_leases set expires_at = clock_timestamp() where expires_at is not null and run_id is null",
  );
}

/** A killed process loses nothing of a run; one that throws or hangs may fail it. */
async function unlessEnded(world: World, { kind }: Cell, { ends }: Scenario, runId?: string): Promise<string[]> {
  if (kind !== "kill" || runId === undefined) return [];
  const { status, failure_message: message } = await showRun(world.installation.runtime, runId);
  return ends.includes(status) ? [] : [`run ${runId} is ${status}: ${message}`];
}

/** Ends what the cell has made, which has to come to rest as well. */
export async function leave(world: World): Promise<string[]> {
  const [live = []] = (await world.installation.query(
    "select run_id from runs where status not in ('merged', 'failed', 'canceled', 'expired')",
  )) as { run_id: string }[][];
  for (const { run_id } of live) await ask(world, `/api/runs/${run_id}/cancel`, {});
  return (await settle(world)).violations.map((violation) => `after everything was canceled: ${violation}`);
}

/** What hung goes on where it was, and finds that nothing is its own any more. */
async function wakeUp(world: World, doomed: TestProcess): Promise<string[]> {
  doomed.kill("SIGCONT");
  const { violations } = await settle(world);
  await end(doomed, "SIGKILL");
  return violations.map((violation) => `after it woke up: ${violation}`);
}
