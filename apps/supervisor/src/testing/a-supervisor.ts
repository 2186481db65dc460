import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listProcesses, removeTree, setAccess, stageFile } from "@oroboros/host";
import {
  serviceClient,
  type ServiceClient,
  supervisorClient,
  type SlotProcesses,
} from "@oroboros/host/supervisor-client";
import {
  backendJobFile,
  backendPort,
  defineContract,
  etcPath,
  type RuntimeContract,
  slotDatabase,
  type SlotId,
  slotIds,
  slotNumber,
  slotUid,
  slotWorktrees,
  type StepRequest,
  supervisorAdminSocket,
  supervisorSocket,
} from "@oroboros/slot-contract";
import { installationEnvironment, type SupervisorConfig } from "@oroboros/slot-contract/environments";
import { eventually, releasePortOffset, takePortOffset } from "@oroboros/test-support";

export const isRoot = process.geteuid?.() === 0;
const MAIN = new URL("../main.ts", import.meta.url).pathname;
const DEADLINE = { deadlineMs: 100_000 };
/** A user that is neither root nor one of any installation's, to start a supervisor that can not separate users. */
const NOBODY_IN_PARTICULAR = 39_999;

export type TestSupervisor = Readonly<{
  contract: RuntimeContract;
  slot: SlotId;
  other: SlotId;
  slots: SlotProcesses;
  services: ServiceClient;
  /** A node that every user can run. */
  node: string;
  pid: number;
  exited: Promise<number | null>;
  log(): string;
  signal(signal: NodeJS.Signals): void;
  /** A second supervisor on the same root: resolves to its exit status and log. */
  again(): Promise<{ status: number | null; log: string }>;
}> &
  AsyncDisposable;

export type Settings = Readonly<{
  services?: SupervisorConfig["services"];
  trustBranch?: boolean;
  /** Start it without root, where the test itself is root. */
  unprivileged?: boolean;
}>;

export async function aRoot(): Promise<RuntimeContract> {
  const root = await mkdtemp(join(tmpdir(), "oroboros-supervisor-"));
  await chmod(root, 0o755);
  return defineContract({ root, slotCount: 2, portOffset: await takePortOffset() });
}

export async function install(contract: RuntimeContract, settings: Settings): Promise<void> {
  const config: SupervisorConfig = {
    services: [...(settings.services ?? [])],
    trust_branch: settings.trustBranch ?? !isRoot,
    step_path: `${contract.root}/bin:/usr/bin:/bin`,
    step_env: { CI: "true", pnpm_config_registry: "http://registry.test/", NODE_OPTIONS: "--inspect", UNRELATED: "no" },
  };
  await mkdir(etcPath(contract), { recursive: true });
  await writeFile(`${etcPath(contract)}/supervisor.json`, JSON.stringify(config), { mode: 0o600 });
  if (settings.unprivileged !== true) return;
  const owner = { uid: NOBODY_IN_PARTICULAR, gid: NOBODY_IN_PARTICULAR };
  for (const path of [
    contract.root,
    `${contract.root}/etc`,
    etcPath(contract),
    `${etcPath(contract)}/supervisor.json`,
  ]) {
    setAccess(path, { mode: path.endsWith(".json") ? 0o600 : 0o755, owner });
  }
}

export function spawnSupervisor(
  contract: RuntimeContract,
  { unprivileged }: Settings = {},
): { child: ChildProcess; log(): string } {
  const node = [process.execPath, "--conditions=oroboros-source", MAIN];
  // The clone may lie below /root: reading it is the one privilege that an unprivileged supervisor needs here.
  const reader = ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"];
  const ids = [`--reuid=${NOBODY_IN_PARTICULAR}`, `--regid=${NOBODY_IN_PARTICULAR}`, "--clear-groups"];
  const [program = "", ...args] = unprivileged === true ? ["setpriv", ...ids, ...reader, "--", ...node] : node;
  const env = { PATH: "/usr/bin:/bin", SUPERVISORS_SECRET: "s3cret", ...installationEnvironment(contract) };
  const child = spawn(program, args, { env, cwd: "/", stdio: ["ignore", "inherit", "pipe"] });
  let text = "";
  child.stderr.on("data", (chunk: Buffer) => (text += chunk.toString()));
  return { child, log: () => text };
}

/** Its exit status, once all it said has been read as well. */
export async function hasClosed(child: ChildProcess): Promise<number | null> {
  const [status] = (await once(child, "close")) as [number | null];
  return status;
}

export async function aSupervisor(settings: Settings = {}): Promise<TestSupervisor> {
  const contract = await aRoot();
  const node = `${contract.root}/bin/node`;
  await stageFile(process.execPath, node, 0o755);
  await install(contract, settings);
  const { child, log } = spawnSupervisor(contract, settings);
  const exited = hasClosed(child);
  try {
    await eventually(() => child.exitCode !== null || log().includes('"ready"'), DEADLINE);
    if (child.exitCode !== null) throw new Error(`the supervisor ended: ${log()}`);
  } catch (error) {
    child.kill("SIGKILL");
    await exited;
    await removeTree(contract.root);
    throw error;
  }
  const [slot, other] = slotIds(contract);
  if (slot === undefined || other === undefined) throw new Error("two slots were asked for");
  return {
    contract,
    slot,
    other,
    slots: supervisorClient({ socketPath: supervisorSocket(contract) }),
    services: serviceClient({ socketPath: supervisorAdminSocket(contract) }),
    node,
    pid: Number(child.pid),
    exited,
    log,
    signal: (signal) => void child.kill(signal),
    again: async () => {
      const second = spawnSupervisor(contract, settings);
      return { status: await hasClosed(second.child), log: second.log() };
    },
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
      await exited;
      await removeTree(contract.root);
      releasePortOffset(contract.portOffset);
    },
  };
}

export function step({ contract, slot }: TestSupervisor, argv: string[], more: Partial<StepRequest> = {}): StepRequest {
  return { kind: "build", argv, cwd: slotWorktrees(contract, slot), env: {}, timeout_ms: 60_000, ...more };
}

/** Runs a step in the first slot and resolves to its result and all it printed. */
export async function runStep(
  supervisor: TestSupervisor,
  argv: string[],
  more: Partial<StepRequest> = {},
): Promise<{ exitCode: number | null; timedOut: boolean; stdout: string; stderr: string }> {
  const output = { stdout: "", stderr: "" };
  const result = await supervisor.slots.runStep(supervisor.slot, step(supervisor, argv, more), {
    onOutput: (stream, chunk) => {
      output[stream] += chunk;
    },
  });
  return { ...result, ...output };
}

export const processesOf = ({ contract, slot }: TestSupervisor): number[] =>
  listProcesses()
    .filter(({ uid }) => uid === slotUid(contract, slot))
    .map(({ pid }) => pid);

/** Writes the job of a slot's backend: a server that prints what it is and answers every request with `status`. */
export async function writeJob(
  supervisor: TestSupervisor,
  {
    status = 200,
    script,
    health,
    env = {},
  }: Partial<{
    status: number;
    script: string;
    /** Where none is named, the job has none, as those that were written before jobs had one. */
    health: string;
    env: Record<string, string>;
  }> = {},
): Promise<string> {
  const { contract, slot, node } = supervisor;
  const worktree = slotWorktrees(contract, slot);
  const server = `require("node:http").createServer((q, s) => s.writeHead(q.url === "${health ?? "/health"}" ? ${status} : 404, { location: "/elsewhere" }).end())
    .listen(process.env.SLOT_BACKEND_PORT, "127.0.0.1", () => console.log("listening"))`;
  const job = {
    argv: [node, "-e", script ?? server],
    cwd: worktree,
    ...(health !== undefined && { health }),
    env: {
      SLOT_ID: slot,
      SLOT_NUM: String(slotNumber(slot)),
      SLOT_BACKEND_PORT: String(backendPort(contract, slot)),
      SLOT_DB_NAME: slotDatabase(slot),
      SLOT_WORKTREE_PATH: worktree,
      SLOT_COMMIT_SHA: "a".repeat(40),
      DATABASE_URL: `postgresql://slot:pw@127.0.0.1:5432/${slotDatabase(slot)}`,
      CORS_ALLOWED_ORIGINS: "",
      ...env,
    },
  };
  const file = backendJobFile(contract, slot);
  await removeTree(file);
  await writeFile(file, JSON.stringify(job), { mode: 0o640 });
  return file;
}
