import { runCli } from "./run-cli.ts";
import { systemClock } from "@oroboros/host";
import type { OutputStream } from "./world.ts";

const output = (stream: NodeJS.WriteStream): OutputStream => ({
  write: (text) => void stream.write(text),
  isTerminal: stream.isTTY === true,
});
const flushed = (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise((done) => void stream.write("", () => done()));

function onInterrupt(act: () => void): () => void {
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  const forget = (): void => signals.forEach((signal) => process.off(signal, once));
  const once = (): void => {
    forget();
    act();
  };
  for (const signal of signals) process.on(signal, once);
  return forget;
}

// A reader that has gone away (`| head`) is no error of ours.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => process.exit());

// PostgreSQL's driver fills from these what a URL leaves out, and takes PGOPTIONS and PGSSLMODE beside any URL.
for (const name of Object.keys(process.env)) if (name.startsWith("PG")) delete process.env[name];

const exitCode = await runCli(process.argv.slice(2), {
  environment: process.env,
  fetch,
  clock: systemClock,
  stdout: output(process.stdout),
  stderr: output(process.stderr),
  user: { uid: process.geteuid?.() ?? 0 },
  nodePath: process.execPath,
  architecture: process.arch === "arm64" ? "arm64" : "x64",
  onInterrupt,
});
await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
process.exit(exitCode);
