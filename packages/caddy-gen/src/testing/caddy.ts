import { execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { defineContract, type RuntimeContract, type RuntimeContractInput } from "@oroboros/slot-contract";
import { caddySocket } from "@oroboros/slot-contract/host";
import { eventually, withTempDir } from "@oroboros/test-support";
import { renderCaddy } from "../render-caddy.ts";

export const caddyfileOf = (input: RuntimeContractInput): string => renderCaddy(defineContract(input))[0]!.text;

/** What Caddy itself understands of a Caddyfile. */
export const adapt = (text: string): Promise<unknown> =>
  asFile(text, (file) => JSON.parse(caddy(["adapt", "--adapter", "caddyfile", "--config", file])) as unknown);

/** @throws if Caddy could not run with it. */
export const validate = (text: string): Promise<void> =>
  asFile(text, (file) => void caddy(["validate", "--adapter", "caddyfile", "--config", file]));

export const formatted = (text: string): Promise<string> => asFile(text, (file) => caddy(["fmt", file]));

async function asFile<T>(text: string, use: (file: string) => T): Promise<T> {
  let result: { value: T } | undefined;
  await withTempDir((directory) => {
    const file = join(directory, "Caddyfile");
    writeFileSync(file, text);
    result = { value: use(file) };
    return Promise.resolve();
  });
  return result!.value;
}

const caddy = (args: string[]): string =>
  execFileSync("caddy", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], maxBuffer: 2 ** 28 });

export interface RunningCaddy {
  readonly contract: RuntimeContract;
  readonly pid: number;
  readonly log: () => string;
  readonly reloading: () => Promise<unknown>;
}

/** Runs Caddy with a contract's Caddyfile, below a directory of its own, until `use` is done. */
export async function withCaddy(
  input: RuntimeContractInput,
  use: (caddy: RunningCaddy) => Promise<void>,
  options: { change?: (text: string) => string; wrap?: readonly string[] } = {},
): Promise<void> {
  await withTempDir(async (root) => {
    const contract = defineContract({ ...input, root });
    const file = join(root, "Caddyfile");
    mkdirSync(dirname(caddySocket(contract)), { recursive: true });
    writeFileSync(file, (options.change ?? String)(renderCaddy(contract)[0]!.text));
    const env = { PATH: process.env["PATH"], HOME: root, XDG_CONFIG_HOME: root, XDG_DATA_HOME: root };
    const config = ["--adapter", "caddyfile", "--config", file];
    const [program = "", ...args] = [...(options.wrap ?? []), "caddy", "run", ...config];
    const child = spawn(program, args, { env, stdio: ["ignore", "ignore", "pipe"] });
    let log = "";
    child.stderr.on("data", (chunk: Buffer) => (log += chunk.toString()));
    try {
      await eventually(() => log.includes("serving initial configuration") || child.exitCode !== null, {
        deadlineMs: 60_000,
      });
      if (child.exitCode !== null || child.pid === undefined) throw new Error(log);
      const reload = ["reload", "--force", "--address", `unix/${caddySocket(contract)}`, ...config];
      const reloading = () => promisify(execFile)("caddy", reload, { env });
      await use({ contract, pid: child.pid, log: () => log, reloading });
    } finally {
      child.kill("SIGKILL");
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    }
  });
}
