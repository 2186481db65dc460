import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { releaseNode } from "@oroboros/slot-contract/host";
import type { BackendReport, StepRequest } from "@oroboros/slot-contract";
import type { Host } from "../boot-host.ts";

export const CLONE = "/srv/clone";

export interface DriverError {
  readonly code: string | null;
  readonly message: string;
  readonly hint?: string;
}

export interface Step {
  /** What it came to: a result, or what was thrown. */
  readonly ended: Promise<{ result?: Record<string, unknown>; error?: DriverError; stdout: string; stderr: string }>;
  readonly output: () => string;
  readonly abort: () => void;
}

/** A process in the box that drives its slots, as the worker or as root. */
export interface Driver extends AsyncDisposable {
  readonly step: (request: Partial<StepRequest>, options?: { slot?: string; epoch?: number }) => Step;
  readonly backend: (command: string, options?: object) => Promise<BackendReport>;
  /** Any other request; throws what the driver threw. */
  readonly ask: (op: string, args?: object) => Promise<unknown>;
  readonly kill: () => Promise<void>;
}

type Line = {
  id?: number;
  ready?: number;
  stream?: "stdout" | "stderr";
  chunk?: string;
  result?: unknown;
  error?: DriverError;
};

export async function aDriver({ box, contract }: Host, user: string): Promise<Driver> {
  const node = [releaseNode(contract), "--conditions=oroboros-source", `${CLONE}/tests/systemd/programs/drive.ts`];
  const [program = "", ...args] = box.argv(node, { user });
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
  const listeners = new Map<number, (line: Line) => void>();
  const ready = Promise.withResolvers<void>();
  createInterface({ input: child.stdout }).on("line", (text) => {
    const line = JSON.parse(text) as Line;
    if (line.ready !== undefined) ready.resolve();
    else listeners.get(line.id ?? -1)?.(line);
  });
  child.once("exit", (code) => ready.reject(new Error(`the driver ended with ${code}`)));
  child.stdin.on("error", () => undefined);
  await ready.promise;
  let last = 0;
  const send = (op: string, request: object, hear: (line: Line) => void): number => {
    last += 1;
    listeners.set(last, hear);
    child.stdin.write(`${JSON.stringify({ id: last, op, args: request })}\n`);
    return last;
  };
  const ask: Driver["ask"] = (op, request = {}) =>
    new Promise((resolve, reject) =>
      send(op, request, ({ result, error }) =>
        error === undefined ? resolve(result) : reject(Object.assign(new Error(error.message), error)),
      ),
    );
  const end = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  };
  return {
    ask,
    backend: async (command, options = {}) => (await ask("backend", { command, ...options })) as BackendReport,
    step: (request, options = {}) => {
      const said = { stdout: "", stderr: "" };
      const ended = Promise.withResolvers<Awaited<Step["ended"]>>();
      const id = send("step", { ...options, request: completed(request) }, (line) => {
        if (line.stream !== undefined) said[line.stream] += line.chunk ?? "";
        else if (line.error !== undefined) ended.resolve({ ...said, error: line.error });
        else ended.resolve({ ...said, result: line.result as Record<string, unknown> });
      });
      const abort = (): void => void send("abort", { of: id }, () => undefined);
      return { ended: ended.promise, output: () => said.stdout, abort };
    },
    kill: end,
    [Symbol.asyncDispose]: end,
  };
}

export const WORKTREES = "/srv/oroboros/worktrees/preview-1.d";

const completed = (request: Partial<StepRequest>): StepRequest => ({
  kind: "build",
  argv: ["true"],
  cwd: WORKTREES,
  env: {},
  timeout_ms: 60_000,
  ...request,
});
