import { inTurn } from "@oroboros/host/slot-driver";
import { type RunningProcess, systemClock, terminate } from "@oroboros/host";
import type { ServiceStatus } from "@oroboros/host/supervisor-client";
import type { Logger } from "@oroboros/service-kit";
import { OperatorError, type RuntimeContract, serviceLog } from "@oroboros/slot-contract";
import type { SupervisorConfig } from "@oroboros/slot-contract/environments";
import type { ProcessUsers } from "./process-users.ts";
import { openRestarts } from "./restarts.ts";
import { startSupervised } from "./supervised-process.ts";

type Definition = SupervisorConfig["services"][number];

/** The runtime's own processes by name. */
export type Services = Readonly<{
  start(name: string): Promise<ServiceStatus>;
  stop(name: string): Promise<ServiceStatus>;
  list(): ServiceStatus[];
  /** Stops the services of these users, each user's last one first. */
  stopFrontToBack(users: readonly Definition["user"][]): Promise<void>;
}>;

const STOP_MS = { postgres: 30_000, control: 10_000, surface: 10_000 };
/** One that ends sooner failed to start, which is for whoever started it to see. */
const STARTED_MS = 5_000;
/** SIGINT is PostgreSQL's fast shutdown; SIGTERM would wait for every client (postgres(1)). */
const STOP_SIGNAL = { postgres: "SIGINT", control: "SIGTERM", surface: "SIGTERM" } as const;

/** mallopt(3): a heap for each of Node's threads keeps some 4 MB for nobody. */
const ONE_HEAP = { MALLOC_ARENA_MAX: "1" };

type Deps = Readonly<{ contract: RuntimeContract; config: SupervisorConfig; users: ProcessUsers; log: Logger }>;

export function openServices(deps: Deps): Services {
  const services = deps.config.services.map((definition) => openService(deps, definition));
  const find = (name: string): Service => {
    const service = services.find(({ definition }) => definition.name === name);
    if (service !== undefined) return service;
    throw new OperatorError("not_installed", `${JSON.stringify(name)} is not a service of this installation.`, {
      hint: `Use one of: ${services.map(({ definition }) => definition.name).join(", ")}.`,
    });
  };
  return {
    start: async (name) => find(name).start(),
    stop: async (name) => find(name).stop(),
    list: () => services.map((service) => service.status(true)),
    stopFrontToBack: async (users) => {
      for (const user of users) {
        const last = services.filter(({ definition }) => definition.user === user).toReversed();
        // Surfaces know nothing of each other; of api and worker, the one that was started last works for the other.
        if (user === "surface") await Promise.all(last.map((service) => service.stop()));
        else for (const service of last) await service.stop();
      }
    },
  };
}

type Service = ReturnType<typeof openService>;

function openService({ contract, users, log }: Deps, definition: Definition) {
  const { name, user } = definition;
  const turn = inTurn();
  let running: RunningProcess | undefined;
  let told: RunningProcess | undefined;
  const restarts = openRestarts({
    name,
    log,
    start: (signal) => turn(async () => void (signal.aborted || (await start()))),
  });
  const status = (already: boolean): ServiceStatus => ({
    name,
    state: running === undefined ? "stopped" : "running",
    pid: running?.pid ?? null,
    already,
  });
  const start = async (): Promise<ServiceStatus> => {
    if (running !== undefined) return status(true);
    const { argv, env, cwd } = definition;
    const logPath = serviceLog(contract, name);
    const started = await startSupervised({ user: users[user], argv, env: { ...ONE_HEAP, ...env }, cwd, logPath, log });
    const startedAt = systemClock.now();
    running = started;
    log.info({ unit: name, pid: started.pid }, "service started");
    void started.exited.then((exit) => {
      running = undefined;
      log.info({ unit: name, pid: started.pid, ...exit }, "service ended");
      const uptimeMs = systemClock.now() - startedAt;
      if (told !== started && uptimeMs >= STARTED_MS) restarts.keepUp();
      restarts.ended(uptimeMs);
    });
    return status(false);
  };
  const stop = async (): Promise<ServiceStatus> => {
    if (running === undefined) return status(true);
    told = running;
    await terminate(running, STOP_MS[user], STOP_SIGNAL[user]);
    return status(false);
  };
  return {
    definition,
    status,
    start: () => turn(start),
    stop: () => {
      restarts.letGo();
      return turn(stop);
    },
  };
}
