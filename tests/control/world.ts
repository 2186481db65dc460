import { tinyApp, type TestProcess, type TinyApp } from "@oroboros/test-runtime";
import { eventually } from "@oroboros/test-support";
import { openInstallation, type Dispatcher, type Installation } from "./installation.ts";
import { violationsOf } from "./invariants.ts";
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

const ANSWER_MS = 3_000;
/** Half a minute would be a minute on a machine that does something else; who needs more than ten seconds is told apart. */
const REST_MS = 30_000;

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
export async function ask<T>({ installation }: World, path: string, body: object): Promise<T | undefined> {
  const init = { method: "POST", body: JSON.stringify(body), signal: AbortSignal.timeout(ANSWER_MS) };
  const answer = await installation.runtime.api(path, init).catch(() => undefined);
  return answer !== undefined && answer.status < 300 ? (answer.body as T) : undefined;
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

/**
 * Waits until the system has come to rest as it has to be, and as `also` says; what is not so after ten seconds are its violations.
 */
export async function settle(
  world: World,
  also: () => Promise<string[]> = async () => [],
): Promise<{ ms: number; violations: string[] }> {
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
  for (const violation of violations) world.known.add(violation);
  if (violations.length > 0)
    console.log([...violations, ...troublesOf(world.worker), ...troublesOf(world.api)].join("\n"));
  return { ms: Math.round(performance.now() - startedAt), violations };
}

/** What a process has warned of lately, for whoever has to find out why. */
const troublesOf = (process: TestProcess): string[] =>
  process
    .log()
    .split("\n")
    .filter((line) => /"level":"?(warn|error|fatal|[456]0)/.test(line))
    .slice(-4)
    .map((line) => line.slice(0, 600));
