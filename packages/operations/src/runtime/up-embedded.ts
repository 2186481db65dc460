import { randomSecret } from "@oroboros/host";
import { serviceClient } from "@oroboros/host/supervisor-client";
import {
  apiPort,
  loopbackUrl,
  OperatorError,
  repoPath,
  supervisorAdminSocket,
  workerPort,
  type Role,
  type RuntimeContract,
} from "@oroboros/slot-contract";
import type { Clock } from "../context.ts";
import { awaitServices } from "./await-services.ts";
import { claimRoot } from "./claim-root.ts";
import { downEmbedded } from "./down-embedded.ts";
import { installationServices } from "./embedded-installation.ts";
import { environmentFiles, type InstallationSecrets } from "./environment-files.ts";
import { initializePostgres } from "./initialize-postgres.ts";
import { initializeRepository } from "./initialize-repository.ts";
import { installedContract } from "./installed-contract.ts";
import { otherOffset } from "./other-offset.ts";
import { provisionEmbedded } from "./provision-embedded.ts";
import { refuseTakenPorts } from "./refuse-taken-ports.ts";
import { resumeEmbedded } from "./resume-embedded.ts";
import { makeDirectories, stageRelease, type EmbeddedSource } from "./stage-release.ts";
import { startSupervisor } from "./start-supervisor.ts";
import { readCliEnvironment, writeCliEnvironment, writeConfiguration } from "./write-configuration.ts";

export interface UpRequest {
  contract: RuntimeContract;
  /** True: an installation that is already below the root keeps its port offset, whatever the contract's. */
  keepsOffset: boolean;
  source: EmbeddedSource;
  /** Numeric users for every process; false where the caller is not root and trusts the branches. */
  isolated: boolean;
  /** Registry, CA and proxy settings that installs of a branch need. */
  stepEnvironment: Record<string, string>;
  /** Where BullMQ keeps its queue; in the control database where undefined. */
  redisUrl?: string | undefined;
  /** True: keep running when the caller ends. False: end with the caller, however it ends. */
  detached: boolean;
  /** True: refuse to go on with a stopped installation. */
  onlyNew: boolean;
  fetch: typeof fetch;
  clock: Clock;
  onStage: (stage: string) => void;
}

export interface EmbeddedRuntime {
  root: string;
  api_url: string;
  worker_url: string;
  /** Where branches are pushed to. */
  repository: string;
  /** True where an installation that was stopped goes on. */
  resumed: boolean;
  operator_token: string;
  agent_token: string;
  /** Whose tokens were revoked or unknown, and are others now. */
  renewed_tokens: Role[];
}

/**
 * Brings up a whole runtime below one directory, with a PostgreSQL server of its own, on the process driver. A stopped
 * installation goes on where it was; one that runs already is left alone; a new one that fails to start is removed again.
 *
 * @throws OperatorError `already_running`, `port_taken`, `path_refused`, `uid_taken`, `invalid_contract`, `start_failed` with the
 *   last log lines; `installation_exists` where the caller wants a new one and one is kept there.
 */
export async function upEmbedded(asked: UpRequest): Promise<EmbeddedRuntime> {
  const contract = asked.keepsOffset ? await installedContract(asked.contract) : asked.contract;
  const request = { ...asked, contract };
  const root = await claimRoot(contract, { keep: request.detached });
  const resumed = root.state === "stopped";
  try {
    if (resumed && request.onlyNew) throw installationExists(contract);
    refuseTakenPorts(contract, { resumed });
    const { renewed } = await (resumed ? resumeEmbedded(request) : bringUp(request));
    const renewedTokens = renewed.map(({ role }) => role);
    return { ...(await describeRuntime(contract)), resumed, renewed_tokens: renewedTokens };
  } catch (error) {
    if (!(error instanceof OperatorError && error.code === "installation_exists")) {
      await downEmbedded({ contract, remove: !resumed });
    }
    throw error;
  } finally {
    root.release();
  }
}

async function describeRuntime(
  contract: RuntimeContract,
): Promise<Omit<EmbeddedRuntime, "resumed" | "renewed_tokens">> {
  const cli = await readCliEnvironment(contract);
  if (cli === undefined) throw new Error("an installation that is up has a cli.env");
  return {
    root: contract.root,
    api_url: loopbackUrl(apiPort(contract)),
    worker_url: loopbackUrl(workerPort(contract)),
    repository: repoPath(contract),
    operator_token: cli.OROBOROS_TOKEN,
    agent_token: cli.OROBOROS_AGENT_TOKEN,
  };
}

function installationExists(contract: RuntimeContract): OperatorError {
  const { root } = contract;
  return new OperatorError("installation_exists", `A stopped installation is kept below ${root}.`, {
    hint: `Start it with: oroboros runtime up --root ${root}, remove it with: oroboros runtime down --remove --root ${root}, or leave it and use: oroboros demo --port-offset ${otherOffset(contract)}`,
  });
}

async function bringUp(request: UpRequest): Promise<{ renewed: [] }> {
  const { contract, onStage } = request;
  const secrets = newSecrets();
  const { isolated, source } = request;
  onStage("staging the release and initialising PostgreSQL");
  makeDirectories(contract, isolated);
  const { superuserPassword } = secrets;
  await Promise.all([
    stageRelease(contract, source),
    initializePostgres(contract, { programs: source.postgres, superuserPassword, isolated }),
    initializeRepository(contract),
  ]);
  const files = environmentFiles(contract, secrets, request);
  await writeConfiguration(request, files);
  onStage("starting the supervisor and PostgreSQL");
  await startSupervisor(request);
  const services = serviceClient({ socketPath: supervisorAdminSocket(contract) });
  const [postgres, ...rest] = installationServices(contract, files);
  await services.start(postgres.name);
  const tokens = await provisionEmbedded(request, secrets);
  onStage("starting api, worker and surfaces");
  await Promise.all(rest.map(({ name }) => services.start(name)));
  await awaitServices(request);
  await writeCliEnvironment(contract, tokens);
  return { renewed: [] };
}

const newSecrets = (): InstallationSecrets => ({
  superuserPassword: randomSecret(24),
  apiPassword: randomSecret(24),
  workerPassword: randomSecret(24),
  slotPasswordKey: randomSecret(32),
});
