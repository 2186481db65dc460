import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { supervisorConfigSchema } from "@oroboros/slot-contract/environments";
import { openMachine, startRuntime, tinyApp } from "@oroboros/test-runtime";
import { startRedis } from "@oroboros/test-support";
import { median, round, type Bench, type BenchResult } from "./result.ts";

const PORT_OFFSET = 7000;
const TARGET = 2;
const DEADLINE_MS = 10_000;
/** How often the port is asked; it costs the process that starts a part of its core. */
const LOOK_MS = 1;
const BARE = `require("node:http").createServer((request, response) => response.end("{}")).listen(Number(process.argv[2]), "127.0.0.1")`;

interface Start {
  argv: readonly string[];
  env: Record<string, string>;
  cwd: string;
  port: number;
}

/**
 * From the start of the process to the first 200 on /health: the installed api, with the arguments, variables and servers that its
 * supervisor gives it, against a bare `node:http` server on the same Node with the same flags, by turns.
 */
export const benchColdStart: Bench = async ({ quick }) => {
  const rounds = quick ? 15 : 60;
  const redis = await startRedis();
  const directory = mkdtempSync(join(tmpdir(), "oroboros-bench-"));
  const runtime = await startRuntime({ portOffset: PORT_OFFSET, main: tinyApp(), args: ["--redis-url", redis.url] });
  try {
    await openMachine(runtime, PORT_OFFSET).stopService("api");
    const api = startOfApi(runtime.root, Number(new URL(runtime.apiUrl).port));
    const script = join(directory, "bare.cjs");
    writeFileSync(script, BARE);
    // Everything up to the script: Node and its flags.
    const bare = { ...api, argv: [...api.argv.slice(0, -1), script, String(api.port)], env: {} };
    const seen: { api: number; bare: number }[] = [];
    for (let index = 0; index <= rounds; index += 1) {
      const one = { api: await firstAnswer(api), bare: await firstAnswer(bare) };
      // The first round fills the page cache.
      if (index > 0) seen.push(one);
    }
    return report(seen, { rounds, quick });
  } finally {
    await runtime.stop();
    await redis.stop();
    rmSync(directory, { recursive: true, force: true });
  }
};

function report(
  seen: readonly { api: number; bare: number }[],
  { rounds, quick }: { rounds: number; quick: boolean },
): BenchResult {
  const ratio = median(seen.map((one) => one.api / one.bare));
  const load = `${round(loadavg()[0] ?? 0)} on ${availableParallelism()} cores`;
  return {
    bench: "cold-start",
    ratios: { api_to_bare_node: round(ratio) },
    targets: { api_to_bare_node: TARGET },
    met: ratio <= TARGET,
    not_measured: quick ? ["45 of 60 starts"] : [],
    table: [
      `start to first 200, median of ${rounds} starts by turns; load average ${load}`,
      `api with PostgreSQL and Redis   ${round(median(seen.map((one) => one.api)), 0)} ms`,
      `peer: bare node:http server     ${round(median(seen.map((one) => one.bare)), 0)} ms, ratio ${round(ratio)} (target ${TARGET})`,
    ],
  };
}

function startOfApi(root: string, port: number): Start {
  const file = readFileSync(join(root, "etc/oroboros/supervisor.json"), "utf8");
  const api = supervisorConfigSchema.parse(JSON.parse(file)).services.find(({ name }) => name === "api");
  if (api === undefined) throw new Error("an installation has an api");
  return { argv: api.argv, env: api.env, cwd: api.cwd, port };
}

async function firstAnswer({ argv: [program = "", ...args], env, cwd, port }: Start): Promise<number> {
  const startedAt = performance.now();
  const child = spawn(program, args, { cwd, env, stdio: "ignore" });
  const ended = once(child, "exit");
  try {
    while (!(await answers(port))) {
      if (child.exitCode !== null) throw new Error(`${args.join(" ")} exited with ${child.exitCode}`);
      if (performance.now() - startedAt > DEADLINE_MS) throw new Error(`${args.join(" ")} does not answer`);
      await delay(LOOK_MS);
    }
    return performance.now() - startedAt;
  } finally {
    child.kill("SIGKILL");
    await ended;
  }
}

/** Not `fetch`, which takes longer for its first answers than a server for its start. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    request({ host: "127.0.0.1", port, path: "/health", agent: false }, (response) => {
      response.resume().once("end", () => resolve(response.statusCode === 200));
    })
      .once("error", () => resolve(false))
      .end();
  });
}
