import { spawn } from "node:child_process";
import { once } from "node:events";
import { onTestFinished } from "vitest";

export interface StartedService {
  readonly exit: Promise<number | null>;
  /** Its log so far, whole lines of JSON only. */
  lines(): Record<string, unknown>[];
  kill(signal: NodeJS.Signals): void;
}

/** What a main that serves looks like; it ends as soon as it is told to. */
export const SERVING = `async ({ log, signal, listen, notifier, environment }) => {
  const { createServer } = await import("node:http");
  const server = createServer((request, response) => response.end(process.pid + " " + Object.keys(process.env).join(" ")));
  const port = await listen(server, Number(environment.PORT));
  notifier.ready("answers on " + port, () => server.listening);
  log.info({ port, pid: process.pid }, "listening");
  await new Promise((resolve) => signal.addEventListener("abort", resolve));
}`;

/** Runs `main` (JavaScript source) as a process of its own; `before` are the arguments of whatever starts it. */
export function startService(
  main: string,
  { env = {}, before = [] }: { env?: Record<string, string>; before?: readonly string[] } = {},
): StartedService {
  const script = `import { runMain } from "@oroboros/service-kit"; await runMain({ service: "test", main: ${main} });`;
  const argv = [process.execPath, "--conditions=oroboros-source", "--input-type=module", "--eval", script];
  const [program = "", ...args] = [...before, ...argv];
  const child = spawn(program, args, { cwd: import.meta.dirname, env, stdio: ["ignore", "inherit", "pipe"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk));
  return {
    exit: once(child, "close").then(([code]) => code as number | null),
    lines: () => [...stderr.matchAll(/^\{.*\}(?=\n)/gm)].map(([line]) => JSON.parse(line) as Record<string, unknown>),
    kill: (signal) => void child.kill(signal),
  };
}
