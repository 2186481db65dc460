import { setTimeout as sleep } from "node:timers/promises";
import { OperatorError } from "@oroboros/slot-contract";
import { supervisorJson, type SupervisorRequest } from "./supervisor-request.ts";

export type ServiceStatus = Readonly<{
  name: string;
  state: "running" | "stopped";
  pid: number | null;
  /** True where the command found nothing to do. */
  already: boolean;
}>;

export interface ServiceClient {
  /** Waits for a supervisor that is just being started. Resolves once the process runs, which may be before it is ready. */
  start(name: string): Promise<ServiceStatus>;
  stop(name: string): Promise<ServiceStatus>;
  list(): Promise<ServiceStatus[]>;
  isRunning(): Promise<boolean>;
  /** Stops everything, the supervisor last. False where none is running. */
  shutdown(): Promise<boolean>;
}

/** A process that is just being started, on a machine that is busy with others. */
const START_DEADLINE_MS = 30_000;
const POLL_MS = 20;

/** The runtime's own services, through the socket that only root (or the installation's owner) can reach. */
export function serviceClient({ socketPath }: { socketPath: string }): ServiceClient {
  const post = (path: string): SupervisorRequest => ({ socketPath, method: "POST", path });
  return {
    start: async (name) => (await patiently(post(`/services/${name}/start`))) as ServiceStatus,
    stop: async (name) => (await supervisorJson(post(`/services/${name}/stop`))) as ServiceStatus,
    list: async () => (await supervisorJson({ socketPath, method: "GET", path: "/services" })) as ServiceStatus[],
    isRunning: () => reached({ socketPath, method: "GET", path: "/services" }),
    shutdown: () => reached(post("/shutdown")),
  };
}

async function reached(request: SupervisorRequest): Promise<boolean> {
  try {
    await supervisorJson(request);
    return true;
  } catch (error) {
    if (isUnreachable(error)) return false;
    throw error;
  }
}

async function patiently(request: SupervisorRequest): Promise<unknown> {
  const deadline = performance.now() + START_DEADLINE_MS;
  for (;;) {
    try {
      return await supervisorJson(request);
    } catch (error) {
      if (!isUnreachable(error) || performance.now() > deadline) throw error;
      await sleep(POLL_MS);
    }
  }
}

const isUnreachable = (error: unknown): boolean => error instanceof OperatorError && error.code === "unreachable";
