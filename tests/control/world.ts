import { setTimeout as delay } from "node:timers/promises";
import { tinyApp, type TestProcess, type TinyApp } from "@oroboros/test-runtime";
import { eventually } from "@oroboros/test-support";
import { hasFailed, openInstallation, type Dispatcher, type Installation } from "./installation.ts";
import { violationsOf } from "./invariants.ts";
import { wasBusy } from "./was-busy.ts";
import { observe } from "./observe.ts";

/** What an answer of the api promised, and how to see that it is so. */
interface Acknowledged {
  what: string;
  path: string;
  holds: (body: never) => boolean;
}

/** An installation under test, with an api, a worker that works, and everything that was promised to its clients. */
export interface World {
  readonly installation: Installation;
  readonly commits: { one: string; other: string; unbuildable: string; unstartable: string };
  readonly acknowledged: Acknowledged[];
  /** Violations that an earlier case has left for good, and that are counted there. */
  readonly known: Set<string>;
  worker: TestProcess;
  api: TestProcess;
}

const ANSWER_MS = 30_000;
/** An api that was made to fail, and has, answers soon or never. */
const ANSWER_OF_FAILED_MS = 1_000;
/** Whatever a machine does beside it. */
const REST_MS = 120_000;
/** On one that does nothing else. */
const LATE_MS = 30_000;

export async function openWorld(portOffset: number): Promise<World> {
  const installation = await openInstallation(portOffset);
  const { runtime } = installation;
  const one = await runtime.pushBranch("one", tinyApp(grown("one")));
  const other = await runtime.pushBranch("other", tinyApp(grown("other")));
  const unbuildable = await runtime.pushBranch(
    "unbuildable",
    tinyApp((app) => (app.manifest.frontend.build = ["false"])),
  );
  const unstartable = await runtime.pushBranch(
    "unstartable",
    tinyApp((app) => {
      grown("unstartable")(app);
      app.manifest.backend.start = ["node", "missing.mjs"];
    }),
  );
  const [worker, api] = await Promise.all([installation.startWorker(), installation.startApi()]);
  return {
    installation,
    commits: { one, other, unbuildable, unstartable },
    acknowledged: [],
    known: new Set(),
    worker,
    api,
  };
}

/** Page, backend and tables of its own, so that publishing it again reuses nothing. */
function grown(name: string): (app: TinyApp) => void {
  return (app) => {
    app.files["web/build.mjs"] += `// ${name}\n`;
    app.files["server/server.mjs"] += `// ${name}\n`;
    app.files[`migrations/0002_${name}.sql`] = `create table ${name} (id int primary key);\n`;
  };
}

/** Starts api and worker anew on this queue. */
export async function restart(world: World, dispatcher: Dispatcher): Promise<void> {
  await Promise.all([end(world.api, "SIGTERM"), end(world.worker, "SIGTERM")]);
  world.installation.use(dispatcher);
  [world.worker, world.api] = await Promise.all([world.installation.startWorker(), world.installation.startApi()]);
}

export async function end(process: TestProcess, signal: NodeJS.Signals): Promise<void> {
  process.kill(signal);
  await process.exited;
}

/** What the api answers to this; undefined where it refused, failed, or did not answer in time: then it has promised nothing. */
export async function ask<T>({ installation, api }: World, path: string, body: object): Promise<T | undefined> {
  const isOver = new AbortController();
  const signal = AbortSignal.any([AbortSignal.timeout(ANSWER_MS), isOver.signal]);
  const asked = installation.runtime.api(path, { method: "POST", body: JSON.stringify(body), signal });
  void giveUpSoonAfterFault(api, isOver);
  const answer = await asked.catch(() => undefined);
  isOver.abort();
  return answer !== undefined && answer.status < 300 ? (answer.body as T) : undefined;
}

async function giveUpSoonAfterFault(api: TestProcess, isOver: AbortController): Promise<void> {
  // It fails once, and goes on after that.
  if (hasFailed(api)) return;
  await eventually(() => isOver.signal.aborted || hasFailed(api), { deadlineMs: ANSWER_MS }).catch(() => undefined);
  await delay(ANSWER_OF_FAILED_MS, undefined, { signal: isOver.signal }).catch(() => undefined);
  isOver.abort();
}

/** Remembers that the api said so. */
export function promise<T>(world: World, what: string, path: string, holds: (body: T) => boolean): void {
  world.acknowledged.push({ what, path, holds });
}

async function brokenPromises({ installation, acknowledged }: World): Promise<string[]> {
  const broken: string[] = [];
  for (const { what, path, holds } of acknowledged) {
    const { status, body } = await installation.runtime.api(path);
    if (status !== 200 || !holds(body as never)) broken.push(`${what} (${status})`);
  }
  return broken;
}

export interface Settled {
  ms: number;
  /** Whether the machine was, so that the time says nothing. */
  isBusy: boolean;
  violations: string[];
}

/**
 * Waits until the system has come to rest as it has to be, and as `also` says. What never is are its violations, and so is that it
 * came so late on a machine that was not busy.
 */
export async function settle(
  world: World,
  also: () => Promise<string[]> = async () => [],
  lateMs = LATE_MS,
): Promise<Settled> {
  wasBusy();
  const startedAt = performance.now();
  let violations: string[] = [];
  try {
    await eventually(
      async () => {
        const facts = await observe(world.installation, () => brokenPromises(world));
        violations = [...violationsOf(facts), ...(await also())].filter((each) => !world.known.has(each));
        return violations.length === 0;
      },
      { deadlineMs: REST_MS },
    );
  } catch (error) {
    if (violations.length === 0) violations = [`nothing could be observed: ${String((error as Error).cause)}`];
  }
  const ms = Math.round(performance.now() - startedAt);
  const isBusy = wasBusy();
  for (const violation of violations) world.known.add(violation);
  if (violations.length === 0 && ms > lateMs && !isBusy) violations = [`it came to rest only after ${ms} ms`];
  if (violations.length > 0)
    console.log([...violations, ...troublesOf(world.worker), ...troublesOf(world.api)].join("\n"));
  return { ms, isBusy, violations };
}

/** What a process has warned of lately, for whoever has to find out why. */
const troublesOf = (process: TestProcess): string[] =>
  process
    .log()
    .split("\n")
    .filter((line) => /"level":"?(warn|error|fatal|[456]0)/.test(line))
    .slice(-4)
    .map((line) => line.slice(0, 600));
