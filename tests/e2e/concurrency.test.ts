import { spawnSync } from "node:child_process";
import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import {
  commandsOf,
  createRun,
  endOfRun,
  openMachine,
  showRun,
  startRuntime,
  tinyApp,
  type FinishedRun,
  type Machine,
  type Runtime,
  type TestWorker,
} from "@oroboros/test-runtime";
import { eventually, freePort, queryRows, takePortOffset } from "@oroboros/test-support";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const OFFSET = await takePortOffset();
const DEADLINE = { deadlineMs: 120_000 };
const SLOTS = ["preview-1", "preview-2", "preview-3"];
const STEPS = 8;
/** No round of the reconciler helps: every run starts because the slot it waited for was freed. */
const NEVER = "3600";
/** What a worker held when it was killed is found by the rounds of the others. */
const EVERY_SECOND = "1";
const isRoot = process.getuid?.() === 0;

let runtime: Runtime;
let machine: Machine;
const workers: TestWorker[] = [];

beforeAll(async () => {
  runtime = await startRuntime({ portOffset: OFFSET, main: tinyApp() });
  machine = openMachine(runtime, OFFSET);
  await machine.stopService("worker");
  await aWorker();
});
afterAll(async () => {
  for (const worker of workers) worker.kill("SIGKILL");
  await Promise.all(workers.map(({ exited }) => exited));
  await runtime?.stop();
});

async function aWorker(pollSeconds = NEVER): Promise<TestWorker> {
  const worker = await machine.startWorker({
    WORKER_HEALTH_PORT: String(await freePort()),
    WORKER_POLL_INTERVAL_SECONDS: pollSeconds,
  });
  workers.push(worker);
  return worker;
}

interface Event {
  event_id: string;
  run_id: string;
  event_type: string;
  detail: { to?: string; slot_id?: string };
  created_at: string;
}

async function eventsOf(runId: string): Promise<Event[]> {
  return ((await runtime.api(`/api/runs/${runId}/events?limit=1000`)).body as { items: Event[] }).items;
}

interface Slot {
  slot_id: string;
  run_id: string | null;
  lease_state: string;
}
const slots = async (): Promise<Slot[]> => (await runtime.api("/api/slots")).body as Slot[];

async function release(slotId: string): Promise<void> {
  await runtime.api(`/api/slots/${slotId}/release`, { method: "POST", body: "{}" });
}

const releaseAll = (): Promise<void[]> => Promise.all(SLOTS.map(release));

/** How many of these runs this worker says it has published. */
function publishedBy(worker: TestWorker): string[] {
  const lines = worker
    .log()
    .split("\n")
    .filter((line) => line.includes('"outcome":"published"'));
  return lines.map((line) => (JSON.parse(line) as { run_id: string }).run_id);
}

test("two workers publish nine runs over three slots: each once, none passed over, the next as soon as a slot is freed", async () => {
  const two = await aWorker();
  const runs: string[] = [];
  for (let n = 1; n <= 9; n += 1) runs.push(await createRun(runtime, { title: `run ${n}` }));
  const live = new Set<string>();
  await eventually(async () => {
    for (const { slot_id, run_id } of await slots()) {
      if (run_id === null || (await showRun(runtime, run_id)).status !== "needs_approval") continue;
      live.add(run_id);
      await release(slot_id);
    }
    return live.size === runs.length;
  }, DEADLINE);

  expect([...live].toSorted()).toEqual(runs.toSorted());
  const events = await Promise.all(runs.map(eventsOf));
  for (const own of events) {
    const types = own.map(({ event_type, detail }) => (detail.to === undefined ? event_type : `to ${detail.to}`));
    const count = (type: string): number => types.filter((each) => each === type).length;
    expect(["lease_acquired", "to needs_approval", "lease_released"].map(count)).toEqual([1, 1, 1]);
    expect([count("step_started"), count("step_finished"), count("step_failed")]).toEqual([STEPS, STEPS, 0]);
  }
  const told = events.flat().toSorted((a, b) => Number(a.event_id) - Number(b.event_id));
  const acquired = told.filter(({ event_type }) => event_type === "lease_acquired");
  // Of two slots that are freed at once the later run may take its one first; the earlier one's is left to it.
  for (const [place, { run_id }] of acquired.entries()) expect(runs.indexOf(run_id) - place).toBeLessThan(SLOTS.length);
  expectOneHolderEach(told);
  const waits = waitsForFreedSlots(told);
  expect(waits).toHaveLength(6);
  two.kill("SIGTERM");
  expect(await two.exited).toBe(0);
  const share = publishedBy(two).length;
  console.log(
    `the second worker published ${share} of 9; ms from a freed slot to the next run in it: ${waits.join(" ")}`,
  );
});

function expectOneHolderEach(told: Event[]): void {
  const holders = new Map<string, string>();
  for (const { event_type, run_id, detail } of told) {
    const slot = detail.slot_id ?? "";
    if (event_type === "lease_acquired") {
      expect(holders.get(slot), `${slot} has a holder`).toBeUndefined();
      holders.set(slot, run_id);
    } else if (event_type === "lease_released") holders.delete(slot);
  }
}

/** For each slot that was freed and taken again, how long that took. */
function waitsForFreedSlots(told: Event[]): number[] {
  const freedAt = new Map<string, number>();
  return told.flatMap(({ event_type, detail, created_at }) => {
    const slot = detail.slot_id ?? "";
    if (event_type === "lease_released") freedAt.set(slot, Date.parse(created_at));
    const since = freedAt.get(slot);
    return event_type === "lease_acquired" && since !== undefined ? [Date.parse(created_at) - since] : [];
  });
}

test("a worker that is killed in the middle of a publish leaves the other one publishing", async () => {
  await releaseAll();
  for (const worker of workers.splice(0)) {
    worker.kill("SIGTERM");
    await worker.exited;
  }
  const doomed = await aWorker();
  const commit_sha = await runtime.pushBranch(
    "hang",
    tinyApp((app) => (app.manifest.frontend.build = ["sleep", "86399"])),
  );
  const stuck = await createRun(runtime, { title: "stuck", commit_sha });
  const { slot_id } = await eventually(async () => (await slots()).find(({ run_id }) => run_id === stuck), DEADLINE);
  const isBuilding = (): boolean =>
    commandsOf(machine.slot(slot_id).uid).some(({ command }) => command === "sleep 86399");
  await eventually(isBuilding, DEADLINE);
  const other = await aWorker(EVERY_SECOND);
  doomed.kill("SIGKILL");
  await doomed.exited;
  await eventually(() => !isBuilding(), DEADLINE);

  const live = await Promise.all([1, 2].map((n) => endOfRun(runtime, { title: `after ${n}` })));
  expect(live.map(({ status }) => status)).toEqual(["needs_approval", "needs_approval"]);
  // A worker says so when it has also tidied up, which is later than the run is ready.
  await eventually(() => live.every(({ run_id }) => publishedBy(other).includes(run_id)), DEADLINE);
  await runtime.api(`/api/runs/${stuck}/cancel`, { method: "POST", body: "{}" });
  await releaseAll();
});

describe("while two slots are being published", () => {
  let quiet: string;
  let busy: [string, string];
  let before: SlotState;
  let during: Promise<string[]>;

  beforeAll(async () => {
    await releaseAll();
    const commit_sha = await runtime.pushBranch(
      "busy",
      tinyApp((app) => (app.manifest.frontend.install = WRITE_HOME)),
    );
    const live: FinishedRun[] = [];
    for (const title of ["one", "two", "three"]) live.push(await endOfRun(runtime, { title, commit_sha }));
    expect(live.map(({ status }) => status)).toEqual(["needs_approval", "needs_approval", "needs_approval"]);
    const [one, two, three] = live.map(({ slot_id }) => String(slot_id));
    if (one === undefined || two === undefined || three === undefined) throw new Error("three runs were published");
    busy = [one, two];
    quiet = three;
    // What was published is tidied up after, later than the run is ready.
    const published = (): string[] => workers.flatMap(publishedBy);
    await eventually(() => live.every(({ run_id }) => published().includes(run_id)), DEADLINE);
    before = await stateOf(quiet);
    await Promise.all(busy.map(release));
    during = Promise.all([1, 2].map((n) => endOfRun(runtime, { title: `busy ${n}`, commit_sha }))).then((ended) =>
      ended.map(({ slot_id }) => String(slot_id)),
    );
  });

  test("nothing of the third changes: not its files, its surface, its database, its backend or what its user keeps at home", async () => {
    expect((await during).toSorted()).toEqual(busy.toSorted());
    expect(before.files.length).toBeGreaterThan(5);
    expect(before.files.some((line) => line.includes("cache/of-a-build"))).toBe(true);
    expect(await stateOf(quiet)).toEqual(before);
  });

  test.skipIf(!isRoot)("what one of them has on disk can not be read by the other one's user", async () => {
    await during;
    const [one, two] = [machine.slot(busy[0]), machine.slot(busy[1])];
    const [worktree, , home] = one.directories;
    const private_ = [
      join(readlinkSync(one.worktreeLink), "oroboros.app.json"),
      join(String(home), "cache/of-a-build"),
      one.jobFile,
    ];
    for (const file of private_) {
      expect(catAs(one.uid, file), `${file} is readable for its own slot`).toMatchObject({ status: 0 });
      const refused = catAs(two.uid, file);
      expect(refused.stderr).toContain("Permission denied");
      expect([refused.status, refused.stdout]).toEqual([1, ""]);
    }
    expect(spawnSync("ls", [String(worktree)], { uid: two.uid, gid: two.uid, encoding: "utf8" }).status).not.toBe(0);
  });
});

const WRITE_HOME = ["sh", "-c", 'mkdir -p "$HOME/cache" && echo kept > "$HOME/cache/of-a-build"'];

const catAs = (uid: number, file: string): { status: number | null; stdout: string; stderr: string } =>
  spawnSync("cat", [file], { uid, gid: uid, cwd: "/", encoding: "utf8" });

interface SlotState {
  links: string[];
  files: string[];
  processes: string[];
  database: unknown[];
}

async function stateOf(slotId: string): Promise<SlotState> {
  const slot = machine.slot(slotId);
  return {
    links: [slot.worktreeLink, slot.surfaceLink].map((link) => `${stamp(link)} ${readlinkSync(link)}`),
    files: slot.directories.flatMap(filesBelow),
    processes: commandsOf(slot.uid).map(({ pid, command }) => `${pid} ${startedAt(pid)} ${command}`),
    database: await contentOf(slot.jobFile),
  };
}

const stamp = (path: string): string => {
  const { ino, mtimeMs, size, uid } = lstatSync(path);
  return `${path} ${ino} ${mtimeMs} ${size} ${uid}`;
};

const filesBelow = (directory: string): string[] =>
  [directory, ...readdirSync(directory, { recursive: true, encoding: "utf8" }).map((name) => join(directory, name))]
    .toSorted()
    .map(stamp);

/** proc(5): field 22, counted after the name, is the time the process started at. */
const startedAt = (pid: number): string | undefined =>
  readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ")[19];

/** Which database it is, which files its tables are, and its rows with the transactions that wrote them. */
async function contentOf(jobFile: string): Promise<unknown[]> {
  const { env } = JSON.parse(readFileSync(jobFile, "utf8")) as { env: { DATABASE_URL: string } };
  return queryRows(
    env.DATABASE_URL,
    "select oid, datname from pg_database where datname = current_database()",
    "select oid, relname, relfilenode from pg_class order by oid",
    "select xmin, xmax, ctid, * from notes order by id",
  );
}
