import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { endOfRun, startRuntime, tinyApp, type FinishedRun, type Runtime } from "@oroboros/test-runtime";
import { eventually } from "@oroboros/test-support";
import { measureRepublish } from "./republish-frontend.ts";
import { median, round, type Bench, type BenchResult } from "./result.ts";

const PORT_OFFSET = 6000;
const TARGET_OVERHEAD_MS = 150;
const TARGET_REPUBLISH_TO_BUILD = 1.1;

/**
 * A whole publish against the application's own commands run bare, and a republish with only the frontend changed against the build
 * command run bare, by turns in the same run: what remains is the runtime's.
 */
export const benchPublishOverhead: Bench = async ({ quick, say }) => {
  const rounds = quick ? 5 : 20;
  const { total, bare } = await measurePublish(rounds, say);
  const { republishMs, buildMs } = await measureRepublish(rounds, say);
  const overheadMs = total - bare;
  const republishToBuild = republishMs / buildMs;
  return {
    bench: "publish-overhead",
    ratios: {
      publish_to_bare: round(total / bare),
      overhead_ms: round(overheadMs, 0),
      overhead_to_target: round(overheadMs / TARGET_OVERHEAD_MS),
      republish_to_build: round(republishToBuild),
      republish_overhead_ms: round(republishMs - buildMs, 0),
    },
    targets: { overhead_ms: TARGET_OVERHEAD_MS, overhead_to_target: 1, republish_to_build: TARGET_REPUBLISH_TO_BUILD },
    met: overheadMs <= TARGET_OVERHEAD_MS && republishToBuild <= TARGET_REPUBLISH_TO_BUILD,
    not_measured: ["systemd driver", ...(quick ? ["15 of 20 rounds"] : [])],
    table: [
      `publish (created to needs_approval), median of ${rounds}        ${round(total, 0)} ms`,
      `peer: the same commands run bare                      ${round(bare, 0)} ms`,
      `overhead                                              ${round(overheadMs, 0)} ms (target ${TARGET_OVERHEAD_MS})`,
      `republish with another frontend, median of ${rounds}          ${round(republishMs, 0)} ms`,
      `peer: the build command run bare                      ${round(buildMs, 0)} ms`,
      `republish to build                                    ${round(republishToBuild)} (target ${TARGET_REPUBLISH_TO_BUILD})`,
    ],
  } satisfies BenchResult;
};

/** The application installs nothing, so no registry's mood is measured. */
async function measurePublish(rounds: number, say: (line: string) => void): Promise<{ total: number; bare: number }> {
  const files = tinyApp();
  const runtime = await startRuntime({ portOffset: PORT_OFFSET, main: files });
  try {
    const totals: number[] = [];
    const bares: number[] = [];
    for (let index = 0; index <= rounds; index += 1) {
      const total = await publishOnce(runtime);
      const bare = await runBare(files);
      say(`round ${index}: publish ${round(total, 0)} ms, bare ${round(bare, 0)} ms`);
      // The first round builds the template and fills caches: warm is what is asked.
      if (index === 0) continue;
      totals.push(total);
      bares.push(bare);
    }
    return { total: median(totals), bare: median(bares) };
  } finally {
    await runtime.stop();
  }
}

async function publishOnce(runtime: Runtime): Promise<number> {
  const run: FinishedRun = await endOfRun(runtime, { title: "bench" });
  if (run.status !== "needs_approval") throw new Error(`the publish failed: ${run.failure_message}`);
  const { body } = await runtime.api(`/api/runs/${run.run_id}/events`);
  const { items } = body as { items: { event_type: string; created_at: string; detail: { to?: string } }[] };
  const at = (found: { created_at: string } | undefined): number => Date.parse(found?.created_at ?? "");
  const started = at(items.find(({ event_type }) => event_type === "run_created"));
  const ended = at(
    items.find(({ event_type, detail }) => event_type === "run_transitioned" && detail.to === "needs_approval"),
  );
  await runtime.api(`/api/slots/${run.slot_id}/release`, { method: "POST", body: "{}" });
  await eventually(
    async () => {
      const slots = (await runtime.api("/api/slots")).body as { lease_state: string }[];
      return slots.every(({ lease_state }) => lease_state === "free");
    },
    { deadlineMs: 20_000 },
  );
  return ended - started;
}

/** The application's own work without us: build the frontend, start the backend, wait for its first answer. */
async function runBare(files: Record<string, string>): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), "oroboros-bench-"));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
  const startedAt = performance.now();
  await command(["true"], join(directory, "web"));
  await command([process.execPath, "build.mjs"], join(directory, "web"));
  await command(["true"], join(directory, "server"));
  const port = "15999";
  const env = { SLOT_ID: "preview-1", SLOT_BACKEND_PORT: port, SLOT_COMMIT_SHA: "0", DATABASE_URL: "postgresql://x/y" };
  const server = spawn(process.execPath, ["server.mjs"], { cwd: join(directory, "server"), env, stdio: "ignore" });
  try {
    await firstAnswer(`http://127.0.0.1:${port}/health`);
    return performance.now() - startedAt;
  } finally {
    server.kill("SIGKILL");
    rmSync(directory, { recursive: true, force: true });
  }
}

async function firstAnswer(url: string): Promise<void> {
  await eventually(async () => (await fetch(url)).ok, { deadlineMs: 15_000 });
}

function command(argv: [string, ...string[]], cwd: string): Promise<void> {
  const [program, ...args] = argv;
  return new Promise((resolve, reject) => {
    spawn(program, args, { cwd, stdio: "ignore" })
      .once("error", reject)
      .once("exit", (code) => (code === 0 ? resolve() : reject(new Error(`${program} exited with ${code}`))));
  });
}
