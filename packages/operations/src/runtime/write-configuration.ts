import { writeFileAtomic } from "@oroboros/host";
import {
  apiPort,
  etcPath,
  loopbackUrl,
  serializeEnvFile,
  type RuntimeContract,
  type SupervisorConfig,
} from "@oroboros/slot-contract";
import { installationServices, stepPath, surfaceName } from "./embedded-installation.ts";
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
    step_path: stepPath(contract),
    step_env: request.stepEnvironment,
  };
  await Promise.all([
    ...[["api", files.api] as const, ["worker", files.worker] as const, ...surfaces].map(([name, variables]) =>
      writeFileAtomic(`${etcPath(contract)}/${name}.env`, serializeEnvFile(variables), { mode: MODE }),
    ),
    writeFileAtomic(`${etcPath(contract)}/supervisor.json`, JSON.stringify(supervisor, null, 2), { mode: MODE }),
  ]);
}

/** Lets the command line of this user reach the api. */
export async function writeCliEnvironment(contract: RuntimeContract, token: string): Promise<void> {
  const variables = { OROBOROS_API_URL: loopbackUrl(apiPort(contract)), OROBOROS_TOKEN: token };
  await writeFileAtomic(`${etcPath(contract)}/cli.env`, serializeEnvFile(variables), { mode: MODE });
}
