import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { request, type IncomingMessage } from "node:http";
import {
  apiPort,
  backendJobFile,
  controlUid,
  currentPath,
  defineContract,
  etcPath,
  loopbackUrl,
  parseEnvFile,
  parseSlotId,
  postgresUid,
  type RuntimeContract,
  slotHome,
  slotSurfaces,
  slotUid,
  slotWorktrees,
  supervisorAdminSocket,
  surfaceLink,
  worktreeLink,
} from "@oroboros/slot-contract";
import { releaseNode } from "@oroboros/slot-contract/host";
import { eventually } from "@oroboros/test-support";
import type { Runtime } from "./start-runtime.ts";

/** A process of the release that a test started itself. */
export interface TestProcess {
  readonly pid: number;
  readonly exited: Promise<number | null>;
  /** What it has printed: one JSON object a line. */
  log(): string;
  kill(signal: NodeJS.Signals): void;
}

export type TestWorker = TestProcess;

/** A slot as the machine knows it. */
export interface MachineSlot {
  readonly uid: number;
  readonly worktreeLink: string;
  readonly surfaceLink: string;
  /** Everything on disk that is this slot's. */
  readonly directories: string[];
  /** Holds the address of the slot's database, its password included. */
  readonly jobFile: string;
}

/** A runtime as who owns its machine sees it. */
export interface Machine {
  readonly postgresUid: number;
  /** The user of api and worker. */
  readonly controlUid: number;
  slot(slotId: string): MachineSlot;
  stopService(name: string): Promise<void>;
  startService(name: string): Promise<void>;
  /** Another worker of this installation, with its `worker.env` and its user. Resolves once it takes runs. */
  startWorker(variables: { WORKER_HEALTH_PORT: string; [name: string]: string }): Promise<TestWorker>;
  /** The api on its port, in place of the service, which has to be stopped. Resolves once it answers. */
  startApi(variables?: Record<string, string>): Promise<TestProcess>;
}

export function openMachine(runtime: Runtime, portOffset: number): Machine {
  const contract = defineContract({ root: runtime.root, portOffset });
  const uid = (owned: number): number => (process.getuid?.() === 0 ? owned : (process.getuid?.() ?? -1));
  return {
    postgresUid: uid(postgresUid(contract)),
    controlUid: uid(controlUid(contract)),
    slot: (slotId) => {
      const slot = parseSlotId(contract, slotId);
      return {
        uid: uid(slotUid(contract, slot)),
        worktreeLink: worktreeLink(contract, slot),
        surfaceLink: surfaceLink(contract, slot),
        directories: [slotWorktrees(contract, slot), slotSurfaces(contract, slot), slotHome(contract, slot)],
        jobFile: backendJobFile(contract, slot),
      };
    },
    stopService: (name) => tell(supervisorAdminSocket(contract), name, "stop"),
    startService: (name) => tell(supervisorAdminSocket(contract), name, "start"),
    startWorker: (variables) =>
      startProcess(contract, { app: "worker", port: Number(variables.WORKER_HEALTH_PORT) }, variables),
    startApi: (variables = {}) => startProcess(contract, { app: "api", port: apiPort(contract) }, variables),
  };
}

/** What the live processes of a user were started as. */
export function commandsOf(uid: number): { pid: number; command: string }[] {
  return readdirSync("/proc")
    .filter((name) => /^[0-9]+$/.test(name))
    .flatMap((name) => {
      try {
        if (statSync(`/proc/${name}`).uid !== uid) return [];
        const command = readFileSync(`/proc/${name}/cmdline`, "utf8").replaceAll("\0", " ").trim();
        // A zombie has no command line, and holds nothing.
        return command === "" ? [] : [{ pid: Number(name), command }];
      } catch {
        return [];
      }
    });
}

async function tell(socketPath: string, name: string, what: "start" | "stop"): Promise<void> {
  const asked = request({ socketPath, method: "POST", path: `/services/${name}/${what}` }).end();
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  response.resume();
  await once(response, "end");
  if (response.statusCode !== 200) throw new Error(`${what} of ${name} answered ${response.statusCode}`);
}

async function startProcess(
  contract: RuntimeContract,
  { app, port }: { app: "api" | "worker"; port: number },
  variables: Record<string, string>,
): Promise<TestProcess> {
  const uid = String(controlUid(contract));
  const asControl = process.getuid?.() === 0 ? ["--reuid", uid, "--regid", uid, "--clear-groups"] : [];
  const node = releaseNode(contract);
  const program = [node, `${currentPath(contract)}/apps/${app}.js`];
  const env = { ...parseEnvFile(readFileSync(`${etcPath(contract)}/${app}.env`, "utf8")), ...variables };
  // The kernel forgets the signal for a parent's death when the user changes, so it is set by a second setpriv.
  const argv = [...asControl, "setpriv", "--pdeathsig", "KILL", ...program];
  const child = spawn("setpriv", argv, { cwd: currentPath(contract), env: { PATH: "/usr/bin:/bin", ...env } });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const exited = once(child, "close").then(([status]) => status as number | null);
  await eventually(
    async () => {
      if (child.exitCode !== null) throw new Error(output);
      return (await fetch(`${loopbackUrl(port)}/health`)).ok;
    },
    { deadlineMs: 60_000 },
  );
  return { pid: child.pid ?? 0, exited, log: () => output, kill: (signal) => void child.kill(signal) };
}
