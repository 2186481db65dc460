import { portListener, randomSecret, startDaemon } from "@oroboros/host";
import { serviceClient } from "@oroboros/host/supervisor-client";
import {
  apiPort,
  currentPath,
  installationEnvironment,
  loopbackUrl,
  OperatorError,
  serviceLog,
  supervisorAdminSocket,
  workerPort,
  type RuntimeContract,
} from "@oroboros/slot-contract";
import type { AccessToken } from "../access/create-access-token.ts";
import type { Clock } from "../context.ts";
import { awaitServices } from "./await-services.ts";
import { claimRoot, refuseRunning } from "./claim-root.ts";
import { downEmbedded } from "./down-embedded.ts";
import { installationPorts, installationServices, nodeBinary, stepPath } from "./embedded-installation.ts";
import { environmentFiles, type InstallationSecrets } from "./environment-files.ts";
import { initializePostgres } from "./initialize-postgres.ts";
import { provisionEmbedded } from "./provision-embedded.ts";
import { makeDirectories, stageRelease, type EmbeddedSource } from "./stage-release.ts";
import { writeCliEnvironment, writeConfiguration } from "./write-configuration.ts";

export interface UpRequest {
  contract: RuntimeContract;
  source: EmbeddedSource;
  /** Numeric users for every process; false where the caller is not root and trusts the branches. */
  isolated: boolean;
  /** Registry, CA and proxy settings that installs of a branch need. */
  stepEnvironment: Record<string, string>;
  /** Where BullMQ keeps its queue; in the control database where undefined. */
  redisUrl?: string | undefined;
  /** True: keep running when the caller ends. False: end with the caller, however it ends. */
  detached: boolean;
  fetch: typeof fetch;
  clock: Clock;
  onStage: (stage: string) => void;
}

export interface EmbeddedRuntime {
  root: string;
  api_url: string;
  worker_url: string;
  tokens: { operator: AccessToken; agent: AccessToken };
}

/**
 * Brings up a whole runtime below one directory, with a PostgreSQL server of its own, on the process driver. What fails to
 * start is taken down again; an installation that runs already is left alone.
 *
 * @throws OperatorError `already_running`, `port_taken`, `path_refused`, `uid_taken`, `start_failed` with the last log lines.
 */
export async function upEmbedded(request: UpRequest): Promise<EmbeddedRuntime> {
  const { contract } = request;
  await refuseRunning(contract);
  refuseTakenPorts(contract);
  await claimRoot(contract);
  try {
    return await bringUp(request);
  } catch (error) {
    await downEmbedded({ contract, remove: true });
    throw error;
  }
}

async function bringUp(request: UpRequest): Promise<EmbeddedRuntime> {
  const { contract, onStage } = request;
  const secrets = newSecrets();
  const { isolated, source } = request;
  onStage("staging the release and initialising PostgreSQL");
  makeDirectories(contract, isolated);
  const { superuserPassword } = secrets;
  await Promise.all([
    stageRelease(contract, source),
    initializePostgres(contract, { programs: source.postgres, superuserPassword, isolated }),
  ]);
  const files = environmentFiles(contract, secrets, request.redisUrl);
  await writeConfiguration(request, files);
  onStage("starting the supervisor and PostgreSQL");
  await startSupervisor(request);
  const services = serviceClient({ socketPath: supervisorAdminSocket(contract) });
  const [postgres, ...rest] = installationServices(contract, files);
  await services.start(postgres.name);
  const tokens = await provisionEmbedded(request, secrets);
  await writeCliEnvironment(contract, tokens.operator.token);
  onStage("starting api, worker and surfaces");
  await Promise.all(rest.map(({ name }) => services.start(name)));
  await awaitServices(request);
  const apiUrl = loopbackUrl(apiPort(contract));
  return { root: contract.root, api_url: apiUrl, worker_url: loopbackUrl(workerPort(contract)), tokens };
}

function refuseTakenPorts(contract: RuntimeContract): void {
  const taken = installationPorts(contract).flatMap(({ service, port }) => {
    const listener = portListener(port);
    return listener === undefined ? [] : [`${port} (${service}) by ${listener.command} with pid ${listener.pid}`];
  });
  if (taken.length === 0) return;
  throw new OperatorError("port_taken", `Ports are taken: ${taken.join(", ")}.`, {
    hint: "Stop what holds them, or move every port with: --port-offset 1000",
  });
}

const newSecrets = (): InstallationSecrets => ({
  superuserPassword: randomSecret(24),
  apiPassword: randomSecret(24),
  workerPassword: randomSecret(24),
  slotPasswordKey: randomSecret(32),
});

async function startSupervisor(request: UpRequest): Promise<void> {
  const { contract } = request;
  const node = [nodeBinary(contract), `${currentPath(contract)}/apps/supervisor.js`];
  const logPath = serviceLog(contract, "supervisor");
  await startDaemon({
    argv: request.detached ? ["setsid", ...node] : ["setpriv", "--pdeathsig", "TERM", ...node],
    cwd: contract.root,
    env: { PATH: stepPath(contract), ...installationEnvironment(contract) },
    logPath,
  });
}
