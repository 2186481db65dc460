import { openControlStore } from "@oroboros/control-store";
import { postgresProbe } from "@oroboros/health-probe/postgres";
import { readTextFile } from "@oroboros/host";
import { serviceClient, supervisorClient } from "@oroboros/host/supervisor-client";
import {
  etcPath,
  OperatorError,
  parseEnvFile,
  parseEnvironment,
  slotIds,
  supervisorAdminSocket,
  supervisorSocket,
  type RuntimeContract,
} from "@oroboros/slot-contract";
import { contractOf, workerEnvironmentSchema, type WorkerEnvironment } from "@oroboros/slot-contract/environments";
import { awaitPostgres, awaitServices } from "./await-services.ts";
import { renewCliTokens, type RenewedToken } from "./renew-cli-tokens.ts";
import { startSupervisor } from "./start-supervisor.ts";
import type { UpRequest } from "./up-embedded.ts";
import { renewConfiguration } from "./write-configuration.ts";

/**
 * Starts a stopped installation as it was installed: its data, tokens, repository and previews are all still there. A token of its
 * command line that was revoked meanwhile is made anew.
 */
export async function resumeEmbedded(request: UpRequest): Promise<{ renewed: RenewedToken[] }> {
  const { contract, onStage } = request;
  const worker = await readWorkerEnvironment(contract);
  refuseOtherPorts(contract, contractOf(worker));
  const config = await renewConfiguration(contract);
  onStage("starting the stopped installation again");
  await startSupervisor(request);
  const services = serviceClient({ socketPath: supervisorAdminSocket(contract) });
  await services.start("postgres");
  await awaitPostgres(request, postgresProbe({ name: "postgres", connectionString: worker.DATABASE_URL }));
  await Promise.all(config.services.map(({ name }) => services.start(name)));
  await awaitServices(request);
  await startBackends(request);
  return { renewed: await renewTokens(request, worker.DATABASE_URL) };
}

async function renewTokens({ contract, onStage }: UpRequest, databaseUrl: string): Promise<RenewedToken[]> {
  const control = openControlStore({ databaseUrl, onError: (error) => onStage(String(error)) });
  try {
    const renewed = await renewCliTokens({ contract, store: control.db });
    for (const { role } of renewed) onStage(`the installation's ${role} token was void; made another one`);
    return renewed;
  } finally {
    await control.close();
  }
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
