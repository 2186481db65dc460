import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { stageFile } from "@oroboros/host";
import {
  backendPort,
  etcPath,
  frontendPort,
  loopbackUrl,
  slotIds,
  surfaceLink,
  type RuntimeContract,
} from "@oroboros/slot-contract";
import { installationEnvironment, type SupervisorConfig } from "@oroboros/slot-contract/environments";
import { eventually } from "@oroboros/test-support";

const APPS = resolve(import.meta.dirname, "../../../../apps");
export const isRoot = process.geteuid?.() === 0;

/** The real supervisor and the real surface of every slot, from source; they end with this process at the latest. */
export async function startProcesses(contract: RuntimeContract): Promise<AsyncDisposable> {
  await stageFile(process.execPath, `${contract.root}/bin/node`, 0o755);
  const config: SupervisorConfig = {
    services: [],
    trust_branch: !isRoot,
    step_path: `${contract.root}/bin:/usr/bin:/bin`,
    step_env: {},
  };
  await mkdir(etcPath(contract), { recursive: true });
  await writeFile(`${etcPath(contract)}/supervisor.json`, JSON.stringify(config), { mode: 0o600 });
  const installation = installationEnvironment(contract);
  const surfaces = slotIds(contract).map((slot) =>
    startApp("web-surface", "listening", {
      ...installation,
      WEB_ROOT: surfaceLink(contract, slot),
      WEB_PORT: String(frontendPort(contract, slot)),
      WEB_API_PROXY_TARGET: loopbackUrl(backendPort(contract, slot)),
    }),
  );
  const started = await Promise.all([startApp("supervisor", '"ready"', installation), ...surfaces]);
  return {
    [Symbol.asyncDispose]: async () => {
      await Promise.all(started.map(stop));
    },
  };
}

async function startApp(app: string, readyText: string, env: Record<string, string>): Promise<ChildProcess> {
  const node = [process.execPath, "--conditions=oroboros-source", `${APPS}/${app}/src/main.ts`];
  const child = spawn("setpriv", ["--pdeathsig", "TERM", ...node], {
    env: { PATH: "/usr/bin:/bin", ...env },
    cwd: "/",
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  await eventually(() => hasEnded(child) || output.includes(readyText), { deadlineMs: 60_000 });
  if (hasEnded(child)) throw new Error(`${app} ended: ${output}`);
  return child;
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null;

async function stop(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  await exited;
}
