// Runs as a slot's unit, in place of the step runner, and tries whatever no branch may do. It writes what came of each to its
// standard output as one JSON line, and, as a backend, goes on serving on its port.
import { execFileSync, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { attemptsAtFiles } from "./probe-files.ts";
import { attemptsAtLimits } from "./probe-limits.ts";
import { attemptsAtSockets } from "./probe-sockets.ts";

/** What the test knows about the host and a branch does not. */
export interface Victims {
  readonly pid: number;
  readonly slot: string;
  readonly port: number;
  readonly what: "forbidden" | "memory";
}

export type Attempt = () => unknown;
export type Report = Readonly<Record<string, string>>;

const REFUSALS = new Set([
  "EPERM",
  "EXDEV",
  "EACCES",
  "ENOENT",
  "EROFS",
  "EAFNOSUPPORT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ECONNREFUSED",
  "EFBIG",
  "EAGAIN",
]);

const victims = JSON.parse(
  readFileSync(`/run/oroboros/slots/${process.env["SLOT_ID"]}/victims.json`, "utf8"),
) as Victims;

if (victims.what === "memory") takeAllMemory();
else await probe();

async function probe(): Promise<void> {
  const serving = createServer((socket) => socket.on("error", () => undefined).end("hello\n"));
  await new Promise((resolve) => serving.once("error", resolve).listen(victims.port, "127.0.0.1", () => resolve(null)));
  const report: Record<string, string> = systemCalls();
  const one_by_one = { ...attemptsAtFiles(victims), ...attemptsAtLimits() };
  for (const [name, attempt] of Object.entries(one_by_one)) report[name] = await answer(attempt);
  const at_once = Object.entries(attemptsAtSockets(victims)).map(async ([name, attempt]) => {
    report[name] = await answer(attempt);
  });
  await Promise.all(at_once);
  process.stdout.write(`${JSON.stringify(report)}\n`);
  if (process.argv[2] !== "backend") serving.close();
}

function systemCalls(): Record<string, string> {
  const program = `${import.meta.dirname}/forbidden-calls.py`;
  return JSON.parse(execFileSync("/usr/bin/python3", [program, String(victims.pid)], { encoding: "utf8" })) as Record<
    string,
    string
  >;
}

async function answer(attempt: Attempt): Promise<string> {
  try {
    const result = await attempt();
    return result === undefined ? "done" : `done: ${String(result).slice(0, 100)}`;
  } catch (error) {
    // A program that was run for it has failed.
    if (error instanceof Error && "status" in error) return "refused";
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    return REFUSALS.has(code) ? "refused" : code;
  }
}

/** A child takes it, so that somebody is left to say how that ended. */
function takeAllMemory(): void {
  const taker = "const kept = []; for (;;) kept.push(Buffer.alloc(16 << 20, 1));";
  spawn(process.execPath, ["-e", taker]).once("exit", (code, signal) => {
    process.stdout.write(`{"taker":"${signal ?? code}"}\n`);
  });
}
