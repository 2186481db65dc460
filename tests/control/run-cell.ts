import { showRun, type TestProcess } from "@oroboros/test-runtime";
import { isTerminal } from "@oroboros/slot-contract";
import { eventually } from "@oroboros/test-support";
import type { Cell } from "./cells.ts";
import { hasFailed } from "./installation.ts";
import { scenarioOf } from "./scenarios.ts";
import { end, settle, type World } from "./world.ts";

export interface CellResult {
  violations: string[];
  /** From the moment a healthy process was there again to the moment everything was as it has to be. */
  recoveredMs: number;
}

const REACHED = { deadlineMs: 20_000 };

/** Lets one process fail at one point in one way, puts a healthy one beside it, and judges what becomes of it. */
export async function runCell(world: World, cell: Cell): Promise<CellResult> {
  const scenario = scenarioOf(cell.scenario);
  const prepared = await scenario.prepare(world);
  const doomed = await arm(world, cell);
  const runId = await scenario.provoke(world, prepared);
  try {
    await eventually(() => hasFailed(doomed), REACHED);
  } catch {
    world.worker = doomed;
    return { violations: [`${cell.point} was never reached`], recoveredMs: 0 };
  }
  await recover(world, cell, doomed);
  const recovered = await settle(world, async () => {
    const { status, failure_message: message } = await showRun(world.installation.runtime, runId);
    return cell.kind !== "kill" || scenario.ends.includes(status) ? [] : [`run ${runId} is ${status}: ${message}`];
  });
  const violations = [...recovered.violations];
  violations.push(...(await leave(world, runId)));
  if (cell.kind === "hang") violations.push(...(await wakeUp(world, doomed)));
  return { violations, recoveredMs: recovered.ms };
}

/** Only the armed process works from here on. */
async function arm(world: World, { point, kind }: Cell): Promise<TestProcess> {
  await end(world.worker, "SIGKILL");
  return world.installation.startWorker({ OROBOROS_FAULT: `${point}:${kind}` });
}

async function recover(world: World, { kind }: Cell, doomed: TestProcess): Promise<void> {
  if (kind === "kill") await doomed.exited;
  world.worker = kind === "throw" ? doomed : await world.installation.startWorker();
  if (kind !== "hang") return;
  // Nothing at all goes on in it; the other way to hang, in which its heart beats on, is deadlines.test.ts.
  doomed.kill("SIGSTOP");
  await letTimePass(world);
}

/** The silence, the lease or the transaction of what hangs is over when its time is: here at once. */
async function letTimePass({ installation }: World): Promise<void> {
  await installation.query(
    "update slot_leases set heartbeat_at = heartbeat_at - interval '1 minute' where run_id is not null",
    "update slot_leases set expires_at = clock_timestamp() where expires_at is not null and run_id is null",
    "select pg_terminate_backend(pid) from pg_stat_activity where state = 'idle in transaction' and usename = current_user",
  );
}

/** Ends what the cell has made, which has to come to rest as well. */
async function leave(world: World, runId: string): Promise<string[]> {
  const { runtime } = world.installation;
  if (isTerminal((await showRun(runtime, runId)).status)) return [];
  await runtime.api(`/api/runs/${runId}/cancel`, { method: "POST", body: "{}" });
  return (await settle(world)).violations.map((violation) => `after it was canceled: ${violation}`);
}

/** What hung goes on where it was, and finds that nothing is its own any more. */
async function wakeUp(world: World, doomed: TestProcess): Promise<string[]> {
  doomed.kill("SIGCONT");
  const { violations } = await settle(world);
  await end(doomed, "SIGKILL");
  return violations.map((violation) => `after it woke up: ${violation}`);
}
