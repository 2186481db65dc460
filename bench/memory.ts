import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { endOfRun, startRuntime, tinyApp } from "@oroboros/test-runtime";
import { round, type Bench } from "./result.ts";

const PORT_OFFSET = 7000;
const IDLE_MS = 30_000;
const QUICK_IDLE_MS = 5_000;
const TARGETS_MB = { api: 80, worker: 75, "web-surface": 58 };
const KIB_PER_MB = 1024;

/** Resident memory of each process, idle after two publishes, beside a bare `node:http` server of the same Node. */
export const benchMemory: Bench = async ({ quick, say }) => {
  const runtime = await startRuntime({ portOffset: PORT_OFFSET, main: tinyApp() });
  const bare = spawn(
    process.execPath,
    ["-e", 'require("node:http").createServer((q, r) => r.end()).listen(0, "127.0.0.1")'],
    { stdio: "ignore" },
  );
  try {
    for (const title of ["first", "second"]) {
      const run = await endOfRun(runtime, { title });
      if (run.status !== "needs_approval") throw new Error(`the publish failed: ${run.failure_message}`);
    }
    const idleMs = quick ? QUICK_IDLE_MS : IDLE_MS;
    say(`idle for ${idleMs / 1000} s`);
    await delay(idleMs);
    const peer = residentMb(bare.pid ?? 0);
    const measured = Object.entries(TARGETS_MB).map(([app, target]) => {
      const mb = Math.max(...processesOf(`${runtime.root}/srv/oroboros/current/apps/${app}.js`).map(residentMb));
      return { app, target, mb };
    });
    return {
      bench: "memory",
      ratios: Object.fromEntries(
        measured.flatMap(({ app, mb, target }) => [
          [`${app}_mb`, round(mb, 1)],
          [`${app}_to_target`, round(mb / target)],
          [`${app}_to_bare_node`, round(mb / peer)],
        ]),
      ),
      targets: TARGETS_MB,
      met: measured.every(({ mb, target }) => mb <= target),
      not_measured: ["20 idle slots on 4 GB", ...(quick ? [`idle for ${IDLE_MS / 1000} s`] : [])],
      table: [
        `peer: bare node:http server   ${round(peer, 1)} MB`,
        ...measured.map(
          ({ app, mb, target }) =>
            `${app.padEnd(29)} ${round(mb, 1)} MB (target ${target}, ${round(mb / peer)} x bare)`,
        ),
      ],
    };
  } finally {
    bare.kill("SIGKILL");
    await runtime.stop();
  }
};

function processesOf(script: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^[0-9]+$/.test(name) && commandLine(name).includes(script))
    .map(Number);
}

function commandLine(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch {
    return [];
  }
}

function residentMb(pid: number): number {
  const [, kib] = /^VmRSS:\s+([0-9]+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kib) / KIB_PER_MB;
}
