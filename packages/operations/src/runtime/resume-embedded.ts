import { postgresProbe } from "@oroboros/health-probe/postgres";
import { readTextFile } from "@oroboros/host";
import { serviceClient, supervisorClient } from "@oroboros/host/supervisor-client";
import {
  contractOf,
  etcPath,
  OperatorError,
  parseEnvFile,
  parseEnvironment,
  slotIds,
  supervisorAdminSocket,
  supervisorConfigSchema,
  supervisorSocket,
  workerEnvironmentSchema,
  type RuntimeContract,
  type WorkerEnvironment,
} from "@oroboros/slot-contract";
import { awaitPostgres, awaitServices } from "./await-services.ts";
import { startSupervisor } from "./start-supervisor.ts";
import type { UpRequest } from "./up-embedded.ts";

/** Starts a stopped installation as it was installed: its data, tokens, repository and previews are all still there. */
export async function resumeEmbedded(request: UpRequest): Promise<void> {
  const { contract, onStage } = request;
  const worker = await readWorkerEnvironment(contract);
  refuseOtherPorts(contract, contractOf(worker));
  const config = supervisorConfigSchema.parse(
    JSON.parse((await readTextFile(`${etcPath(contract)}/supervisor.json`)) ?? "{}"),
  );
  onStage("starting the stopped installation again");
  await startSupervisor(request);
  const services = serviceClient({ socketPath: supervisorAdminSocket(contract) });
  await services.start("postgres");
  await awaitPostgres(request, postgresProbe({ name: "postgres", connectionString: worker.DATABASE_URL }));
  await Promise.all(config.services.map(({ name }) => services.start(name)));
  await awaitServices(request);
  await startBackends(request);
}

async function readWorkerEnvironment(contract: RuntimeContract): Promise<WorkerEnvironment> {
  const text = await readTextFile(`${etcPath(contract)}/worker.env`);
  return parseEnvironment("worker.env", workerEnvironmentSchema, parseEnvFile(text ?? ""));
}

/** A slot whose last job is gone, or was never there, stays stopped. */
async function startBackends({ contract, onStage }: UpRequest): Promise<void> {
  const processes = supervisorClient({ socketPath: supervisorSocket(contract) });
  for (const slot of slotIds(contract)) {
    const report = await processes.backend(slot, "start");
    if (report.ok) onStage(`${slot} runs again`);
  }
}

function refuseOtherPorts(asked: RuntimeContract, installed: RuntimeContract): void {
  if (asked.portOffset === installed.portOffset) return;
  throw new OperatorError(
    "invalid_contract",
    `The installation below ${asked.root} was made with --port-offset ${installed.portOffset}, not ${asked.portOffset}.`,
    { hint: `Start it with: oroboros runtime up --root ${asked.root} --port-offset ${installed.portOffset}` },
  );
}
