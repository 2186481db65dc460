import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { endOfRun, runScript, showRun, startRuntime, type Runtime } from "@oroboros/test-runtime";
import { eventually } from "@oroboros/test-support";
import { median } from "./result.ts";

const PORT_OFFSET = 7200;
const BRANCH = "bench/frontend";
const PAGE = "frontend/index.html";
const REPOSITORY = resolve(import.meta.dirname, "..");
/** The example as the demo publishes it: a page built by Vite, a backend with packages of its own. */
const EXAMPLE = join(REPOSITORY, "dist/demo/main");

export interface RepublishResult {
  republishMs: number;
  buildMs: number;
}

/**
 * A live preview whose page alone is changed, against the application's own build command run bare on the same change, by turns in
 * the same run.
 */
export async function measureRepublish(rounds: number, say: (line: string) => void): Promise<RepublishResult> {
  const bundled = await runScript("scripts/bootstrap.sh", []);
  if (bundled.exitCode !== 0) throw new Error(`the bundle could not be built: ${bundled.stderr}`);
  const runtime = await startRuntime({ portOffset: PORT_OFFSET, main: { directory: EXAMPLE } });
  const bare = mkdtempSync(join(tmpdir(), "oroboros-bench-"));
  try {
    cpSync(EXAMPLE, bare, { recursive: true });
    await command(["install", "--frozen-lockfile"], join(bare, "frontend"));
    const run = await endOfRun(runtime, { title: "bench", branch: await pushPage(runtime, 0) });
    if (run.status !== "needs_approval") throw new Error(`the publish failed: ${run.failure_message}`);
    const republishes: number[] = [];
    const builds: number[] = [];
    for (let round = 1; round <= rounds + 1; round += 1) {
      await pushPage(runtime, round);
      const republish = await publishAgain(runtime, run.run_id);
      writeFileSync(join(bare, PAGE), page(round));
      const build = await command(["run", "build"], join(bare, "frontend"));
      say(`round ${round}: republish ${Math.round(republish)} ms, the build command alone ${Math.round(build)} ms`);
      // The first round fills caches.
      if (round === 1) continue;
      republishes.push(republish);
      builds.push(build);
    }
    return { republishMs: median(republishes), buildMs: median(builds) };
  } finally {
    rmSync(bare, { recursive: true, force: true });
    await runtime.stop();
  }
}

const page = (round: number): string =>
  readFileSync(join(EXAMPLE, PAGE), "utf8").replace(/<title>.*<\/title>/, `<title>Round ${round}</title>`);

async function pushPage(runtime: Runtime, round: number): Promise<string> {
  await runtime.pushBranch(BRANCH, { [PAGE]: page(round) });
  return BRANCH;
}

/** From the request to the proven preview, by the database's clock. */
async function publishAgain(runtime: Runtime, runId: string): Promise<number> {
  await runtime.api(`/api/runs/${runId}/publish`, { method: "POST", body: "{}" });
  const attempt = await eventually(
    async () => {
      const last = (await showRun(runtime, runId)).attempts.at(-1);
      return last === undefined || last.finished_at === null ? undefined : last;
    },
    { deadlineMs: 60_000 },
  );
  if (attempt.status !== "succeeded") throw new Error(`the republish failed: ${attempt.failure_message}`);
  return Date.parse(attempt.finished_at ?? "") - Date.parse(attempt.requested_at);
}

/** The same pnpm and the same variables as a slot's step has. */
function command(args: string[], cwd: string): Promise<number> {
  const startedAt = performance.now();
  const env = { ...process.env, CI: "true", NO_COLOR: "1", VITE_API_BASE_URL: "/api" };
  return new Promise((done, failed) => {
    spawn(join(REPOSITORY, ".cache/bin/pnpm"), args, { cwd, env, stdio: "ignore" })
      .once("error", failed)
      .once("exit", (code) =>
        code === 0 ? done(performance.now() - startedAt) : failed(new Error(`pnpm ${args[0]} exited with ${code}`)),
      );
  });
}
