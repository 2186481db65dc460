import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { endOfRun, runScript, startRuntime, type FinishedRun, type Runtime } from "@oroboros/test-runtime";
import { eventually, takePortOffset, withTempDir } from "@oroboros/test-support";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { changedFiles, PYTHON, PYTHON_APP } from "./example-apps.ts";

// The Node example is published by demo.test.ts and three-slots.test.ts; this is the Python one, on a runtime of its own.
const OFFSET = await takePortOffset();
const BRANCH = "feature/pond-name";
const STEPS = 8;

interface Sighting {
  id: number;
  species: string;
  birds: number;
  place: string;
}
interface Log {
  sightings: Sighting[];
  tally: { species: string; birds: number; sightings: number }[];
}

let runtime: Runtime;
let run: FinishedRun;
beforeAll(async () => {
  runtime = await startRuntime({ portOffset: OFFSET, main: { directory: PYTHON_APP } });
  const change = changedFiles(PYTHON_APP, {
    "frontend/src/index.html": (html) => html.replace("Latest sightings", "Latest at Mill Pond"),
    "database/migrations/0003_mill_pond.sql": "alter table sightings add column pond text default 'mill';\n",
    "database/seeds/v1.sql": (sql) => sql.replace("('Coot', 6, 'open water'", "('Coot', 6, 'shore'"),
  });
  const commit_sha = await runtime.pushBranch(BRANCH, change);
  run = await endOfRun(runtime, { title: "Name the pond", branch: BRANCH, commit_sha });
});
afterAll(() => runtime?.stop());

/** The run got whichever slot was ready first. */
const databaseOf = ({ slot_id }: FinishedRun): string => String(slot_id).replace("preview-", "app_preview_");
const url = (path: string): string => `${run.frontend_url}${path}`;
const send = (method: string, path: string, body?: string): Promise<Response> =>
  fetch(url(path), { method, ...(body === undefined ? {} : { body }) });
const log = async (): Promise<Log> => (await (await fetch(url("/api/sightings"))).json()) as Log;

/** What the backend refuses: method, path, body, status and a part of the detail. */
const REFUSED: [string, string, string | undefined, number, string][] = [
  ["POST", "/api/sightings", "", 400, "the body must be JSON"],
  ["POST", "/api/sightings", "[1]", 400, "the body must be a JSON object"],
  ["POST", "/api/sightings", "\u0000", 400, "the body must be JSON"],
  ["POST", "/api/sightings", '{"species":"","birds":0,"place":"roof","x":1}', 400, "x: unknown; species: "],
  ["POST", "/api/sightings", '{"species":"Teal","birds":true}', 400, "birds: "],
  ["POST", "/api/sightings", '{"species":"Teal","birds":1e3}', 400, "birds: "],
  ["POST", "/api/sightings", '{"species":"Te\\u0000al","birds":1}', 400, "species: "],
  ["POST", "/api/sightings", '{"species":"Te\\ud800al","birds":1}', 400, "species: "],
  ["POST", "/api/sightings", '{"species":"Teal","birds":1,"place":["reeds"]}', 400, "place: "],
  ["POST", "/api/sightings", "[".repeat(60_000), 400, "the body must be JSON"],
  ["POST", "/api/sightings", " ".repeat(70_000), 413, "65536 bytes"],
  ["DELETE", "/api/sightings/-1", undefined, 404, "There is no sighting -1"],
  ["DELETE", "/api/sightings/99999999999999999999", undefined, 404, "There is no sighting"],
  ["DELETE", "/api/sightings/2147483648", undefined, 404, "There is no sighting"],
  ["GET", "/api/nothing", undefined, 404, "Nothing answers GET /api/nothing"],
  ["PUT", "/api/sightings", "{}", 501, "Unsupported method"],
];

/** Enough of a body to tell it from the others. */
const shown = (body: string | undefined): string => (JSON.stringify(body) ?? "none").slice(0, 60);

describe("a branch of the Python example", () => {
  test("passes every step without slot handlers, and its report says so", async () => {
    expect(run.status, String(run.failure_message)).toBe("needs_approval");
    const { body } = await runtime.api(`/api/runs/${run.run_id}/events?limit=1000`);
    const finished = (body as { items: { event_type: string }[] }).items.filter(
      ({ event_type }) => event_type === "step_finished",
    );
    expect(finished).toHaveLength(STEPS);
    const report = await run.evidence("preview_slot_smoke_report");
    expect(report).toContain('"slot_api":false');
    expect(report).toContain("/api/sightings");
    expect(await run.evidence("preview_migration_log")).toMatch(/applied 0001.*applied 0003_mill_pond\.sql/s);
  });

  test("serves its page, whose assets a browser may keep for good and whose API is the slot's", async () => {
    const html = await (await fetch(url("/"))).text();
    expect(html).toContain("Latest at Mill Pond");
    expect(html).toContain('data-api="/api"');
    const assets = [...html.matchAll(/"(\/assets\/[^"]+)"/g)].map(([, path]) => String(path));
    expect(new Set(assets).size).toBe(3);
    for (const asset of assets) {
      const response = await fetch(url(asset));
      expect(response.status, asset).toBe(200);
      expect(response.headers.get("cache-control"), asset).toContain("immutable");
    }
  });

  test("shows the seed that the branch has for its tables, out of the slot's own database", async () => {
    const health = await (await fetch(url("/api/health"))).json();
    expect(health).toEqual({
      status: "ok",
      slot_id: run.slot_id,
      commit_sha: run.commit_sha,
      database: databaseOf(run),
    });
    const { sightings, tally } = await log();
    expect(sightings).toHaveLength(9);
    expect(sightings.find(({ species }) => species === "Coot")?.place).toBe("shore");
    expect(tally[0]).toEqual({ species: "Mallard", birds: 19, sightings: 2 });
  });

  test("takes a sighting through the surface and removes it again", async () => {
    const before = await log();
    const added = await send("POST", "/api/sightings", '{"species":" Teal ","birds":8,"place":"reeds"}');
    expect(added.status).toBe(201);
    const teal = (await added.json()) as Sighting;
    expect(teal).toMatchObject({ species: "Teal", birds: 8, place: "reeds" });
    expect((await log()).sightings[0]?.id).toBe(teal.id);
    expect((await send("DELETE", `/api/sightings/${teal.id}`)).status).toBe(204);
    expect((await send("DELETE", `/api/sightings/${teal.id}`)).status).toBe(404);
    expect(await log()).toEqual(before);
  });

  test("answers a hundred callers at once, each with the whole log", async () => {
    const answers = await Promise.all(Array.from({ length: 100 }, log));
    expect(answers.every(({ sightings }) => sightings.length === 9)).toBe(true);
  });

  test.each<[string, string, string, number, string, string | undefined]>(
    REFUSED.map(([method, path, body, status, detail]) => [method, path, shown(body), status, detail, body]),
  )(
    "answers %s %s with the body %s by a problem with status %i",
    async (method, path, _shown, status, detail, body) => {
      const answer = await send(method, path, body);
      expect(answer.status).toBe(status);
      expect(answer.headers.get("content-type")).toBe("application/problem+json");
      expect(await answer.json()).toMatchObject({ status, detail: expect.stringContaining(detail) });
      expect((await log()).sightings).toHaveLength(9);
    },
  );

  test("ends cleanly when it is told to, and starts again", async () => {
    const backend = (command: string) =>
      runScript("scripts/preview-backend-runtime.sh", [command, "--slot", String(run.slot_id)], {
        OROBOROS_ROOT: runtime.root,
      });
    const printed = (): string =>
      readFileSync(join(runtime.root, `var/log/oroboros/preview-backend/${run.slot_id}.log`), "utf8");
    expect((await backend("stop")).json).toMatchObject({ ok: true, state: "stopped", already: false });
    await eventually(() => printed().includes(`${run.slot_id} has stopped`), { deadlineMs: 60_000 });
    expect((await backend("start")).json).toMatchObject({ ok: true, state: "running", db_name: databaseOf(run) });
    expect((await log()).sightings).toHaveLength(9);
    expect(printed()).not.toContain("Traceback");
  });
});

describe("the Python example refuses to start", () => {
  const good = {
    SLOT_ID: "preview-1",
    SLOT_BACKEND_PORT: "9",
    SLOT_DB_NAME: "app_preview_1",
    SLOT_COMMIT_SHA: "0".repeat(40),
    DATABASE_URL: "postgresql://slot_1:secret@127.0.0.1:1/app_preview_1",
  };
  test.each([
    [
      "with another slot's database",
      { SLOT_DB_NAME: "app_preview_2" },
      "leads to 'app_preview_1', but SLOT_DB_NAME is",
    ],
    [
      "with a database that the driver finds elsewhere",
      { DATABASE_URL: `${good.DATABASE_URL}?dbname=x` },
      "leads to 'x'",
    ],
    ["without its variables, naming each", { SLOT_ID: "", DATABASE_URL: "" }, "missing: SLOT_ID, DATABASE_URL"],
    ["with a port that is none", { SLOT_BACKEND_PORT: "70000" }, "SLOT_BACKEND_PORT is '70000'"],
    ["with a URL that is none", { DATABASE_URL: "postgresql://slot_1:secret@[/app" }, "is no postgresql:// URL"],
    ["where the database does not answer", {}, "Connection refused"],
  ])("%s", (_, wrong, message) => {
    const ended = spawnSync(PYTHON, ["-B", "server.py"], {
      cwd: join(PYTHON_APP, "backend"),
      env: { ...good, ...wrong },
      encoding: "utf8",
      timeout: 60_000,
    });
    expect(ended.stderr).toContain(message);
    expect(ended.stderr).not.toMatch(/secret|Traceback/);
    expect(ended.status).toBe(1);
  });
});

test("the Python example builds the same page twice, and another name for another content", () =>
  withTempDir(async (directory) => {
    const frontend = join(directory, "frontend");
    cpSync(join(PYTHON_APP, "frontend"), frontend, { recursive: true });
    const build = (): string[] => {
      execFileSync(PYTHON, ["build.py"], { cwd: frontend, env: { VITE_API_BASE_URL: "/elsewhere" } });
      return readdirSync(join(frontend, "dist/assets")).toSorted();
    };
    const first = build();
    expect(build()).toEqual(first);
    expect(readFileSync(join(frontend, "dist/index.html"), "utf8")).toContain('data-api="/elsewhere"');
    cpSync(join(frontend, "build.py"), join(frontend, "src/style.css"));
    const second = build();
    expect(second.filter((name) => !first.includes(name))).toEqual([
      expect.stringMatching(/^style-[0-9a-f]{10}\.css$/),
    ]);
    rmSync(join(frontend, "src/style.css"));
    const refused = spawnSync(PYTHON, ["build.py"], { cwd: frontend, encoding: "utf8" });
    expect(refused.stderr).toContain("asks for style.css, which is not in src/");
    expect(refused.status).toBe(1);
  }));
