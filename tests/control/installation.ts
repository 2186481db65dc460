import { appendFileSync, readFileSync } from "node:fs";
import {
  openMachine,
  startRuntime,
  tinyApp,
  type Machine,
  type Runtime,
  type TestProcess,
} from "@oroboros/test-runtime";
import {
  defineContract,
  etcPath,
  parseEnvFile,
  postgresDataPath,
  slotIds,
  type RuntimeContract,
  type SlotId,
} from "@oroboros/slot-contract";
import { eventually, freePort, queryRows } from "@oroboros/test-support";

/** Where BullMQ keeps its jobs: `undefined` is the control database. */
export type Dispatcher = { name: "postgres"; url?: undefined } | { name: "redis"; url: string };

/** An installation whose api and workers are started, armed and killed by the test; everything else is as it was installed. */
export interface Installation {
  readonly runtime: Runtime;
  readonly machine: Machine;
  readonly contract: RuntimeContract;
  readonly slots: readonly SlotId[];
  query(...statements: string[]): Promise<unknown[][]>;
  /** Ends the transactions and the holds on slots that nobody goes on with, which the server does after ten and twelve seconds. */
  endIdleTransactions(): Promise<void>;
  /** The same where no worker goes on, until the server has done, or given up, all that a stopped one had told it. */
  endStoppedSessions(): Promise<void>;
  /** From now on api and workers are started with this queue. */
  use(dispatcher: Dispatcher): void;
  startWorker(variables?: Record<string, string>): Promise<TestProcess>;
  startApi(variables?: Record<string, string>): Promise<TestProcess>;
  /** Ends everything this test has started and takes the installation away. */
  stop(): Promise<void>;
}

const POLL_SECONDS = "1";
const ACTIVE = `select pid from pg_stat_activity where application_name = 'oroboros' and state = 'active'`;
const END_IDLE = `select pg_terminate_backend(pid) from pg_stat_activity idle where usename = current_user
  and (state like 'idle in transaction%' or state = 'idle' and exists (
    select from pg_locks where pg_locks.pid = idle.pid and locktype = 'advisory' and objsubid = 1))`;

export async function openInstallation(portOffset: number): Promise<Installation> {
  const runtime = await startRuntime({ portOffset, main: tinyApp() });
  const machine = openMachine(runtime, portOffset);
  const contract = defineContract({ root: runtime.root, portOffset });
  for (const name of ["worker", "api", "postgres"]) await machine.stopService(name);
  // The machine itself does not go down here, and a flush for each database that is made or dropped is what takes longest.
  appendFileSync(`${postgresDataPath(contract)}/postgresql.auto.conf`, "fsync = off\nfull_page_writes = off\n");
  await machine.startService("postgres");
  const [worker, api] = ["worker", "api"].map(
    (name) => parseEnvFile(readFileSync(`${etcPath(contract)}/${name}.env`, "utf8"))["DATABASE_URL"] ?? "",
  ) as [string, string];
  const started: TestProcess[] = [];
  let queue: Record<string, string> = {};
  const keep = async (starting: Promise<TestProcess>): Promise<TestProcess> => {
    const process = await starting;
    started.push(process);
    return process;
  };
  return {
    runtime,
    machine,
    contract,
    slots: slotIds(contract),
    query: (...statements) => queryRows(worker, ...statements),
    endIdleTransactions: async () => {
      for (const role of [worker, api]) await queryRows(role, END_IDLE);
    },
    endStoppedSessions: async () => {
      await eventually(
        async () => {
          const [ended, active] = await queryRows(worker, END_IDLE, ACTIVE);
          return ended?.length === 0 && active?.length === 0;
        },
        { deadlineMs: 90_000 },
      );
      await queryRows(api, END_IDLE);
    },
    use: ({ url }) => void (queue = url === undefined ? {} : { REDIS_URL: url }),
    startWorker: async (variables = {}) =>
      keep(
        machine.startWorker({
          ...queue,
          WORKER_HEALTH_PORT: String(await freePort()),
          WORKER_POLL_INTERVAL_SECONDS: POLL_SECONDS,
          ...variables,
        }),
      ),
    startApi: (variables = {}) => keep(machine.startApi({ ...queue, ...variables })),
    stop: async () => {
      for (const process of started) process.kill("SIGKILL");
      await Promise.all(started.map(({ exited }) => exited));
      await runtime.stop();
    },
  };
}

/** Whether the fault that this process was armed with has happened. */
export const hasFailed = (process: TestProcess): boolean => process.log().includes('{"fault":');
