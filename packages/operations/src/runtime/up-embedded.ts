import { runGate, httpProbe, type GateClock } from "@oroboros/health-probe";
import { portListener, randomSecret, startDaemon, writeFileAtomic } from "@oroboros/host";
import { serviceClient } from "@oroboros/host/supervisor-client";
import {
  apiPort,
  currentPath,
  etcPath,
  frontendPort,
  installationEnvironment,
  loopbackUrl,
  OperatorError,
  serializeEnvFile,
  serviceLog,
  slotIds,
  supervisorAdminSocket,
  workerPort,
  type RuntimeContract,
} from "@oroboros/slot-contract";
import type { AccessToken } from "../access/create-access-token.ts";
import {
  environmentFiles,
  installationPorts,
  installationServices,
  nodeBinary,
  stepPath,
  surfaceName,
  type EnvironmentFiles,
  type InstallationSecrets,
} from "./embedded-installation.ts";
import { makeDirectories, stageRelease, type EmbeddedSource } from "./stage-release.ts";
import { initializePostgres } from "./initialize-postgres.ts";
import { provisionEmbedded } from "./provision-embedded.ts";

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
  clock: GateClock;
  onStage: (stage: string) => void;
}

export interface EmbeddedRuntime {
  root: string;
  api_url: string;
  worker_url: string;
  tokens: { operator: AccessToken; agent: AccessToken };
}

const START_POLICY = { deadlineMs: 30_000, intervalMs: 20, consecutivePasses: 1 };

/**
 * Brings up a whole runtime below one directory, with a PostgreSQL server of its own, on the process driver.
 *
 * @throws OperatorError `port_taken`, `already_running`, `uid_taken`, `start_failed` with the last log lines.
 */
export async function upEmbedded(request: UpRequest): Promise<EmbeddedRuntime> {
  const { contract, onStage } = request;
  refuseTakenPorts(contract);
  const secrets = newSecrets();
  onStage("staging the release");
  makeDirectories(contract, request.isolated);
  await stageRelease(contract, request.source);
  onStage("initialising PostgreSQL");
  await initializePostgres(contract, secrets.superuserPassword, request.isolated);
  const files = environmentFiles(contract, secrets, request.redisUrl);
  await writeConfiguration(request, files);
  onStage("starting the supervisor");
  await startSupervisor(request);
  const services = serviceClient({ socketPath: supervisorAdminSocket(contract) });
  onStage("starting PostgreSQL");
  await services.start("postgres");
  const tokens = await provisionEmbedded(request, secrets);
  await writeCliEnvironment(contract, tokens.operator.token);
  onStage("starting api, worker and surfaces");
  const [, ...rest] = installationServices(contract, files);
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

async function writeConfiguration(request: UpRequest, files: EnvironmentFiles): Promise<void> {
  const etc = etcPath(request.contract);
  const named = [["api", files.api], ["worker", files.worker], ...files.surfaces.map((env, index) => [surfaceName(index), env] as const)] as const;
  const written = named.map(([name, variables]) =>
    writeFileAtomic(`${etc}/${name}.env`, serializeEnvFile(variables), { mode: 0o600 }),
  );
  const supervisor = {
    services: installationServices(request.contract, files),
    trust_branch: !request.isolated,
    step_path: stepPath(request.contract),
    step_env: request.stepEnvironment,
  };
  await Promise.all([...written, writeFileAtomic(`${etc}/supervisor.json`, JSON.stringify(supervisor, null, 2), { mode: 0o600 })]);
}

async function writeCliEnvironment(contract: RuntimeContract, token: string): Promise<void> {
  const variables = { OROBOROS_API_URL: loopbackUrl(apiPort(contract)), OROBOROS_TOKEN: token };
  await writeFileAtomic(`${etcPath(contract)}/cli.env`, serializeEnvFile(variables), { mode: 0o600 });
}

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

async function awaitServices(request: UpRequest): Promise<void> {
  const { contract, fetch, clock } = request;
  const urls = [
    ["api", `${loopbackUrl(apiPort(contract))}/health/ready`],
    ["worker", `${loopbackUrl(workerPort(contract))}/health`],
    ...slotIds(contract).map((slot) => [`web-${slot}`, `${loopbackUrl(frontendPort(contract, slot))}/health`] as const),
  ] as const;
  const probes = urls.map(([name, url]) => httpProbe({ name, url, fetch }));
  const gate = await runGate({ probes, policy: START_POLICY, clock });
  if (gate.passed) return;
  const sick = gate.answers.filter(({ healthy }) => !healthy).map(({ name, detail }) => `${name}: ${detail}`);
  throw new OperatorError("start_failed", `Not every service came up:\n${sick.join("\n")}`, {
    hint: `Read the logs beside ${serviceLog(contract, "api")}.`,
  });
}
