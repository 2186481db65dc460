import { join } from "node:path";
import {
  commandsOf,
  createRun,
  endOfRun,
  openMachine,
  runScript,
  showRun,
  startRuntime,
  type FinishedRun,
  type Runtime,
} from "@oroboros/test-runtime";
import { eventually, rounds, scratchGitRepo, takePortOffset } from "@oroboros/test-support";
import { afterAll, beforeAll, expect, test } from "vitest";
import { changedFiles, filesOf, NODE_APP, PYTHON_APP } from "./example-apps.ts";

// Two branches of the Node example and one that is the Python example live in three slots of one installation, whose main is Node's.
const OFFSET = await takePortOffset();
const DEADLINE = { deadlineMs: 120_000 };
const REQUESTS = Math.max(200, rounds(1000));
const CALLERS = 12;
const isRoot = process.getuid?.() === 0;

interface Live {
  title: string;
  run: FinishedRun;
  slotId: string;
  url: string;
  /** Stands in this branch's page and in no other. */
  heading: string;
  /** The collection below `/api`, and what a new element of it is. */
  collection: string;
  /** Under which key the answer lists all of them. */
  rows: string;
  element: (text: string) => object;
}

const BOARD = { collection: "items", rows: "items", element: (title: string) => ({ title, area: "docs" }) };
const POND = { collection: "sightings", rows: "tally", element: (species: string) => ({ species, birds: 1 }) };

let runtime: Runtime;
let live: Live[];

beforeAll(async () => {
  runtime = await startRuntime({ portOffset: OFFSET, main: { directory: NODE_APP } });
  await pushBoard("board/red", "Red list");
  await pushBoard("board/blue", "Blue list");
  await pushPond("pond");
  live = await Promise.all([
    publish("board/red", { heading: "<title>Red list", ...BOARD }),
    publish("board/blue", { heading: "<title>Blue list", ...BOARD }),
    publish("pond", { heading: "<title>Pond log", ...POND }),
  ]);
});
afterAll(() => runtime?.stop());

async function pushBoard(branch: string, title: string): Promise<void> {
  const retitled = { "frontend/index.html": (html: string) => html.replace("<title>Launch list", `<title>${title}`) };
  await runtime.pushBranch(branch, changedFiles(NODE_APP, retitled));
}

/** A branch on top of main that holds nothing of main's application. */
async function pushPond(branch: string): Promise<void> {
  const repository = join(runtime.root, "srv/oroboros/repo");
  await using clone = await scratchGitRepo();
  await clone.git("fetch", "--quiet", repository, "main");
  await clone.git("checkout", "--quiet", "-B", branch, "FETCH_HEAD");
  await clone.git("rm", "-r", "--quiet", ".");
  await clone.commit(filesOf(PYTHON_APP), "Replace the launch list by the pond log");
  await clone.git("push", "--quiet", repository, branch);
}

async function publish(branch: string, app: Pick<Live, "heading" | "collection" | "rows" | "element">): Promise<Live> {
  const run = await endOfRun(runtime, { title: branch, branch });
  return { ...app, title: branch, run, slotId: String(run.slot_id), url: String(run.frontend_url) };
}

/** The texts of a slot's rows, its title or species each. */
async function texts({ url, collection, rows }: Live): Promise<string[]> {
  const body = (await (await fetch(`${url}/api/${collection}`)).json()) as Record<string, object[]>;
  return (body[rows] ?? []).map((row) => ("title" in row ? String(row.title) : String(Object(row).species)));
}

async function add(to: Live, text: string): Promise<void> {
  const answer = await fetch(`${to.url}/api/${to.collection}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(to.element(text)),
  });
  expect(answer.status, await answer.text()).toBe(201);
}

/** Asks the slot's page and api who they are. */
async function crossTalk(asked: Live): Promise<string[]> {
  const [page, health] = await Promise.all([
    fetch(`${asked.url}/`).then((response) => response.text()),
    fetch(`${asked.url}/api/health`).then((response) => response.json() as Promise<Record<string, unknown>>),
  ]);
  const said = [
    page.includes(asked.heading) ? "" : `another page: ${page.slice(0, 400)}`,
    health["slot_id"] === asked.slotId ? "" : `slot ${String(health["slot_id"])}`,
    health["commit_sha"] === asked.run.commit_sha ? "" : `commit ${String(health["commit_sha"])}`,
  ];
  return said.filter((objection) => objection !== "").map((objection) => `${asked.title}: ${objection}`);
}

test("three branches of two applications are live at once, each with a page, a database and a process of its own", async () => {
  for (const { run } of live) expect(run.status, String(run.failure_message)).toBe("needs_approval");
  expect(live.map(({ slotId }) => slotId).toSorted()).toEqual(["preview-1", "preview-2", "preview-3"]);
  expect((await Promise.all(live.map(crossTalk))).flat()).toEqual([]);

  const machine = openMachine(runtime, OFFSET);
  const processes = await Promise.all(live.map(async ({ slotId }) => ({ slotId, ...(await backendOf(slotId)) })));
  expect(new Set(processes.map(({ pid }) => pid)).size).toBe(3);
  expect(processes.map(({ db_name }) => db_name)).toEqual(
    live.map(({ slotId }) => slotId.replace("preview-", "app_preview_")),
  );
  if (!isRoot) return;
  const uids = processes.map(({ slotId }) => machine.slot(slotId).uid);
  expect(new Set(uids).size).toBe(3);
  for (const [n, { pid }] of processes.entries())
    expect(commandsOf(uids[n] ?? -1).map((each) => each.pid)).toContain(pid);
});

async function backendOf(slotId: string): Promise<{ pid: number; db_name: string }> {
  const status = ["status", "--slot", slotId];
  const { json } = await runScript("scripts/preview-backend-runtime.sh", status, { OROBOROS_ROOT: runtime.root });
  return json as { pid: number; db_name: string };
}

test("a write in one slot is not seen in the others", async () => {
  for (const each of live) await add(each, `only in ${each.slotId}`);
  for (const each of live) {
    const marked = (await texts(each)).filter((text) => text.startsWith("only in"));
    expect(marked).toEqual([`only in ${each.slotId}`]);
  }
  const main = await texts(live[0] as Live);
  expect(main).toContain("Agree on the release date");
  expect(await texts(live[2] as Live)).toEqual([`only in ${live[2]?.slotId}`]);
});

test(`${REQUESTS} mixed requests through three surfaces are each answered by their own slot`, async () => {
  const kinds = ["who", "read", "write"] as const;
  const objections: string[] = [];
  const written = new Map(live.map(({ slotId }) => [slotId, 0]));
  const ask = async (n: number): Promise<void> => {
    const asked = live[n % live.length] as Live;
    const kind = kinds[Math.floor(n / live.length) % kinds.length];
    if (kind === "who") objections.push(...(await crossTalk(asked)));
    else if (kind === "read") {
      const foreign = (await texts(asked)).filter((text) => text.startsWith("only in") && !text.includes(asked.slotId));
      objections.push(...foreign.map((text) => `${asked.title} shows "${text}"`));
    } else {
      await add(asked, `only in ${asked.slotId}, request ${n}`);
      written.set(asked.slotId, (written.get(asked.slotId) ?? 0) + 1);
    }
  };
  let next = 0;
  const caller = async (): Promise<void> => {
    while (next < REQUESTS) await ask(next++);
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
  expect(objections).toEqual([]);
  for (const each of live) {
    const kept = (await texts(each)).filter((text) => text.includes("request"));
    expect(kept).toHaveLength(written.get(each.slotId) ?? -1);
  }
});

test("a fourth run waits in front of a fifth; a released slot starts the fourth by itself and moves the fifth up", async () => {
  const [fourth, fifth] = [
    await createRun(runtime, { title: "fourth", branch: "pond" }),
    await createRun(runtime, { title: "fifth", branch: "pond" }),
  ];
  const isWaiting = async (runId: string, position: number): Promise<boolean> => {
    const { queue_reason, queue_position } = await showRun(runtime, runId);
    return queue_reason === "WAITING_FOR_SLOT" && queue_position === position;
  };
  await eventually(() => isWaiting(fourth, 1), DEADLINE);
  await eventually(() => isWaiting(fifth, 2), DEADLINE);

  const [red, blue, pond] = live as [Live, Live, Live];
  const freed = await runtime.cli("slots", "release", red.slotId);
  expect(freed.json).toMatchObject({ ok: true, released: true });
  const started = await eventually(async () => {
    const run = await showRun(runtime, fourth);
    return run.status === "needs_approval" ? run : undefined;
  }, DEADLINE);
  expect(started.slot_id).toBe(red.slotId);
  expect(await isWaiting(fifth, 1)).toBe(true);

  // The new one starts from main's data, with nothing of who was there before; the two others did not notice.
  const fresh: Live = { ...pond, title: "fourth", slotId: red.slotId, url: red.url, run: { ...pond.run, ...started } };
  expect(await texts(fresh)).toEqual([]);
  expect((await Promise.all([blue, pond, fresh].map(crossTalk))).flat()).toEqual([]);
});
