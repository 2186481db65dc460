import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import type { RunId } from "@oroboros/slot-contract";
import { eventually } from "@oroboros/test-support";
import { usePostgres } from "@oroboros/test-support/use-postgres";
import { sql } from "kysely";
import { afterEach, beforeEach, expect, test } from "vitest";
import { publishingRun, silentFor } from "../../test/live-run.ts";
import { isPresent, upForAWhile } from "../../test/presence.ts";
import { useControlStore } from "../../test/use-control-store.ts";
import { runsWithoutWorker } from "../attempts/open-attempts.ts";
import { takeOverAttempt } from "../attempts/take-over-attempt.ts";
import { PRESENCE_CLASS } from "./has-no-worker.ts";
import { openWorkerPresence, type WorkerPresence } from "./open-worker-presence.ts";

const control = useControlStore();
const { db, url } = control;
const elsewhere = usePostgres();
/** Far more than this machine may take between two statements. */
const SILENT_SECONDS = 600;
/** As has-no-worker.ts has it. */
const UNRENEWED_SECONDS = 2;
const SOON = { deadlineMs: 25_000 };
const opened: WorkerPresence[] = [];
beforeEach(() => upForAWhile(db));
afterEach(() => Promise.all(opened.splice(0).map((presence) => presence.close())));

async function present(onError: (error: unknown) => void = () => undefined, at = url): Promise<WorkerPresence> {
  const presence = await openWorkerPresence({ databaseUrl: at, onError });
  opened.push(presence);
  await eventually(() => isPresent(db, presence.workerId), SOON);
  return presence;
}

/** A run that a worker publishes, and that was renewed so many seconds ago. */
async function publishedBy(workerId: number | null, silentSeconds: number): Promise<RunId> {
  const { runId } = await publishingRun(control);
  await sql`update slot_leases set worker_id = ${workerId} where run_id = ${runId}`.execute(db);
  await silentFor(db, runId, silentSeconds);
  return runId;
}

const withoutWorker = (): Promise<RunId[]> => runsWithoutWorker(db, SILENT_SECONDS);

async function endConnectionsOf(workerId: number): Promise<number> {
  const { rows } = await sql`select pg_terminate_backend(pid) from pg_locks
    where locktype = 'advisory' and classid = ${PRESENCE_CLASS} and objid = ${workerId}`.execute(db);
  return rows.length;
}

/** What is answered this long after a run's last sign of life; where the machine let more time pass, it is asked again. */
async function atAnAge<T>(runId: RunId, seconds: number, ask: () => Promise<T>): Promise<T> {
  for (;;) {
    const startedAt = performance.now();
    await silentFor(db, runId, seconds);
    const answer = await ask();
    if (performance.now() - startedAt < (UNRENEWED_SECONDS - seconds) * 1_000) return answer;
  }
}

test("a worker that lives keeps its publish through a short silence, and loses it after a long one", async () => {
  const { workerId } = await present();
  const runId = await publishedBy(workerId, SILENT_SECONDS / 2);
  expect(await withoutWorker()).toEqual([]);
  await silentFor(db, runId, SILENT_SECONDS + 1);
  expect(await withoutWorker()).toEqual([runId]);
});

test("the publish of a worker that ended goes on two seconds after its last sign", async () => {
  const presence = await present();
  const runId = await publishedBy(presence.workerId, 2);
  await presence.close();
  await eventually(async () => (await withoutWorker()).includes(runId), SOON);
  const taken = await takeOverAttempt(db, { runId, silentSeconds: SILENT_SECONDS, workerId: 7 });
  expect(taken).toMatchObject({ attempt: { attempt: 1 } });
  const { rows } = await sql`select worker_id from slot_leases where run_id = ${runId}`.execute(db);
  expect(rows).toEqual([{ worker_id: 7 }]);
});

test("a worker that was killed is dead to everybody at once", async () => {
  const program = `
    import { openWorkerPresence } from ${JSON.stringify(resolve(import.meta.dirname, "open-worker-presence.ts"))};
    const { workerId } = await openWorkerPresence({ databaseUrl: ${JSON.stringify(url)}, onError: console.error });
    console.log(workerId);`;
  const args = ["--conditions=oroboros-source", "--input-type=module", "--eval", program];
  const worker = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const [said] = (await once(worker.stdout, "data")) as [Buffer];
  const runId = await publishedBy(Number(said.toString()), 2);
  expect(await withoutWorker()).toEqual([]);
  worker.kill("SIGKILL");
  await eventually(async () => (await withoutWorker()).includes(runId), SOON);
});

test("a lease that was renewed a moment ago has a worker, whatever became of its connection", async () => {
  const runId = await publishedBy(1, 0);
  expect(await atAnAge(runId, 0, withoutWorker)).toEqual([]);
});

test("a lease that names no worker waits for the long silence", async () => {
  await publishedBy(null, SILENT_SECONDS / 2);
  expect(await withoutWorker()).toEqual([]);
});

test("the same number held in another database is another worker", async () => {
  const { workerId } = await present(undefined, elsewhere.url);
  const runId = await publishedBy(workerId, 2);
  expect(await withoutWorker()).toEqual([runId]);
});

test("a presence whose connection was cut is there again under the same id", async () => {
  const errors: unknown[] = [];
  const { workerId } = await present((error) => errors.push(error));
  expect(await endConnectionsOf(workerId)).toBe(1);
  await eventually(() => errors.length > 0, SOON);
  await eventually(() => isPresent(db, workerId), SOON);
});

test("a worker whose connection can not be made again keeps its publish as long as it renews, and has not died", async () => {
  const runId = await publishedBy(1, 0);
  expect(await atAnAge(runId, 1.1, withoutWorker)).toEqual([]);
  // However long this machine takes for the next statement.
  await silentFor(db, runId, -3_600);
  expect(await takeOverAttempt(db, { runId, silentSeconds: SILENT_SECONDS, workerId: 7 })).toBeUndefined();
  await silentFor(db, runId, 2);
  const taken = await takeOverAttempt(db, { runId, silentSeconds: SILENT_SECONDS, workerId: 7 });
  expect(taken).toMatchObject({ attempt: { workerDeaths: 1 } });
});

test("a presence that is closed lets go of its lock and of its connection", async () => {
  const presence = await present();
  expect(await isPresent(db, presence.workerId)).toBe(true);
  await presence.close();
  await eventually(async () => !(await isPresent(db, presence.workerId)), SOON);
});
