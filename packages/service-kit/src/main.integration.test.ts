import { spawn } from "node:child_process";
import { expect, test } from "vitest";

test("a main that resolves exits 0", async () => {
  expect(await run("async ({ log }) => log.info('done')")).toMatchObject({
    exit: 0,
    lines: [{ level: "info", message: "done" }],
  });
});

test("a wrong environment is one line with every variable's name, and exit 2", async () => {
  const { exit, lines } = await run(
    "async ({ environment }) => void parseEnvironment('web-surface', webSurfaceEnvironmentSchema, environment)",
    { SLOT_IDS_CSV: "preview-1", WEB_PORT: "swordfish" },
  );
  expect(exit).toBe(2);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatchObject({
    level: "fatal",
    service: "test",
    code: "invalid_environment",
    hint: expect.stringMatching(/./),
  });
  expect(lines[0]?.message).toMatch(/WEB_ROOT is missing.*WEB_PORT must be a port.*WEB_API_PROXY_TARGET is missing/);
  expect(JSON.stringify(lines)).not.toContain("swordfish");
});

test("no PG variable is left for PostgreSQL's driver", async () => {
  const main = "async ({ log, environment }) => log.info(Object.keys({ ...environment, ...process.env }).join(' '))";
  const driver = { PGHOST: "10.0.0.9", PGOPTIONS: "-csearch_path=evil", PGSSLMODE: "require", PGPASSFILE: "/tmp/x" };
  const { lines } = await run(main, { ...driver, WEB_PORT: "1" });
  expect(lines[0]?.message).toContain("WEB_PORT");
  expect(lines[0]?.message).not.toMatch(/\bPG/);
});

test("a bug is one line with its stack, and exit 1", async () => {
  const { exit, lines } = await run("async () => { throw new TypeError('boom') }");
  expect({ exit, line: lines[0], count: lines.length }).toMatchObject({
    exit: 1,
    count: 1,
    line: {
      code: "internal_error",
      err: { type: "TypeError", message: "boom", stack: expect.stringContaining("at ") },
    },
  });
});

test("an error that nobody awaited is one line as well, and exit 1", async () => {
  const { exit, lines } = await run(
    "async () => { Promise.reject(new Error('lost')); await new Promise(() => setTimeout(() => {}, 60_000)) }",
  );
  expect({ exit, line: lines[0] }).toMatchObject({
    exit: 1,
    line: { code: "internal_error", err: { message: "lost" } },
  });
});

test.each(["SIGTERM", "SIGINT"] as const)("%s aborts the signal, and main finishes what is under way", async (name) => {
  const { exit, lines } = await run(
    `async ({ log, signal }) => {
      const aborted = new Promise((resolve) => signal.addEventListener("abort", resolve));
      const awake = setInterval(() => {}, 1000);
      log.info("ready");
      await aborted;
      clearInterval(awake);
      log.info("drained");
    }`,
    {},
    name,
  );
  expect({ exit, said: lines.map((line) => line.message) }).toEqual({ exit: 0, said: ["ready", "drained"] });
});

test("a second signal ends a main that does not stop", async () => {
  const main = `async ({ log, signal }) => {
    signal.addEventListener("abort", () => log.info("busy"));
    log.info("ready");
    await new Promise(() => setInterval(() => {}, 1000));
  }`;
  expect(await run(main, {}, "SIGTERM", "SIGTERM")).toMatchObject({
    exit: null,
    lines: [{ message: "ready" }, { message: "busy" }],
  });
});

test("a main that ends with the signal's own reason has stopped as asked", async () => {
  const main = `async ({ log, signal }) => {
    const awake = setInterval(() => {}, 1000);
    log.info("ready");
    await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  }`;
  expect(await run(main, {}, "SIGTERM")).toMatchObject({ exit: 0, lines: [{ message: "ready" }] });
});

type Line = Record<string, unknown> & { message: string };

/** Runs `main` (JavaScript source) in a process of its own; after each of its lines the next of `signals` is sent. */
async function run(main: string, env: Record<string, string> = {}, ...signals: NodeJS.Signals[]) {
  const script = `
    import { runMain } from "@oroboros/service-kit";
    import { parseEnvironment } from "@oroboros/slot-contract";
import { webSurfaceEnvironmentSchema } from "@oroboros/slot-contract/environments";
    await runMain({ service: "test", main: ${main} });`;
  const child = spawn(process.execPath, ["--conditions=oroboros-source", "--input-type=module", "--eval", script], {
    cwd: import.meta.dirname,
    env,
    stdio: ["ignore", "inherit", "pipe"],
  });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    stderr += chunk;
    const next = chunk.endsWith("\n") ? signals.shift() : undefined;
    if (next !== undefined) child.kill(next);
  });
  const exit = await new Promise((resolve) => child.once("close", resolve));
  const lines = stderr
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
  return { exit, lines };
}
