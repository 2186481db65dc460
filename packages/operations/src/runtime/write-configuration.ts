import { readTextFile, writeFileAtomic } from "@oroboros/host";
import {
  apiPort,
  etcPath,
  loopbackUrl,
  parseEnvFile,
  serializeEnvFile,
  type RuntimeContract,
} from "@oroboros/slot-contract";
import { supervisorConfigSchema, type SupervisorConfig } from "@oroboros/slot-contract/environments";
import { commandPath } from "@oroboros/slot-contract/host";
import type { AccessToken } from "../access/create-access-token.ts";
import { installationServices, postgresArguments, surfaceName } from "./embedded-installation.ts";
import { type EnvironmentFiles } from "./environment-files.ts";
import type { UpRequest } from "./up-embedded.ts";

/** They hold secrets: root's alone. */
const MODE = 0o600;

/** Writes what the services and the supervisor are started with into the installation's `/etc/oroboros`. */
export async function writeConfiguration(request: UpRequest, files: EnvironmentFiles): Promise<void> {
  const { contract } = request;
  const surfaces = files.surfaces.map((variables, index) => [surfaceName(index), variables] as const);
  const supervisor: SupervisorConfig = {
    services: installationServices(contract, files),
    trust_branch: !request.isolated,
    step_path: commandPath(contract),
    step_env: request.stepEnvironment,
  };
  await Promise.all([
    ...[["api", files.api] as const, ["worker", files.worker] as const, ...surfaces].map(([name, variables]) =>
      writeFileAtomic(`${etcPath(contract)}/${name}.env`, serializeEnvFile(variables), { mode: MODE }),
    ),
    writeSupervisorConfig(contract, supervisor),
  ]);
}

/**
 * Lets a PostgreSQL that was installed earlier be started with the settings of today. Everything else stays as it was installed.
 *
 * @returns what the supervisor is started with.
 */
export async function renewConfiguration(contract: RuntimeContract): Promise<SupervisorConfig> {
  const written = supervisorConfigSchema.parse(JSON.parse((await readTextFile(supervisorFile(contract))) ?? "{}"));
  const argv = postgresArguments(contract);
  const services = written.services.map((service) => (service.name === "postgres" ? { ...service, argv } : service));
  const renewed = supervisorConfigSchema.parse({ ...written, services });
  if (JSON.stringify(renewed) !== JSON.stringify(written)) await writeSupervisorConfig(contract, renewed);
  return renewed;
}

const supervisorFile = (contract: RuntimeContract): string => `${etcPath(contract)}/supervisor.json`;

const writeSupervisorConfig = (contract: RuntimeContract, config: SupervisorConfig): Promise<void> =>
  writeFileAtomic(supervisorFile(contract), JSON.stringify(config, null, 2), { mode: MODE });

export interface CliEnvironment {
  OROBOROS_API_URL: string;
  OROBOROS_TOKEN: string;
  OROBOROS_AGENT_TOKEN: string;
}

export const cliFile = (contract: RuntimeContract): string => `${etcPath(contract)}/cli.env`;

/** Lets the command line of this user reach the api. Written last: an installation that has it is complete. */
export async function writeCliEnvironment(
  contract: RuntimeContract,
  tokens: { operator: AccessToken; agent: AccessToken },
): Promise<void> {
  const variables: CliEnvironment = {
    OROBOROS_API_URL: loopbackUrl(apiPort(contract)),
    OROBOROS_TOKEN: tokens.operator.token,
    OROBOROS_AGENT_TOKEN: tokens.agent.token,
  };
  await writeFileAtomic(cliFile(contract), serializeEnvFile({ ...variables }), { mode: MODE });
}

/** Puts other values into what {@link writeCliEnvironment} wrote; what somebody has added to it stays. */
export async function changeCliEnvironment(contract: RuntimeContract, changed: Partial<CliEnvironment>): Promise<void> {
  const written = parseEnvFile((await readTextFile(cliFile(contract))) ?? "");
  await writeFileAtomic(cliFile(contract), serializeEnvFile({ ...written, ...changed }), { mode: MODE });
}

/** What {@link writeCliEnvironment} wrote; undefined where it was never written. */
export async function readCliEnvironment(contract: RuntimeContract): Promise<CliEnvironment | undefined> {
  const text = await readTextFile(cliFile(contract));
  if (text === undefined) return undefined;
  const { OROBOROS_API_URL = "", OROBOROS_TOKEN = "", OROBOROS_AGENT_TOKEN = "" } = parseEnvFile(text);
  return { OROBOROS_API_URL, OROBOROS_TOKEN, OROBOROS_AGENT_TOKEN };
}
