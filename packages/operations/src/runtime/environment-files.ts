import {
  API_ROLE,
  backendPort,
  CONTROL_DATABASE,
  embeddedPostgresPort,
  frontendPort,
  loopbackUrl,
  SLOT_DATABASE_TEMPLATE,
  slotIds,
  surfaceLink,
  workerPort,
  WORKER_ROLE,
  type RuntimeContract,
} from "@oroboros/slot-contract";
import { installationEnvironment } from "@oroboros/slot-contract/environments";
import type { UpRequest } from "./up-embedded.ts";

const POLL_INTERVAL_SECONDS = "5";

export interface InstallationSecrets {
  superuserPassword: string;
  apiPassword: string;
  workerPassword: string;
  slotPasswordKey: string;
}

export interface EnvironmentFiles {
  api: Record<string, string>;
  worker: Record<string, string>;
  /** One for each slot, in order. */
  surfaces: Record<string, string>[];
}

/** The env files of an installation, as they lie in its `/etc/oroboros`. */
export function environmentFiles(
  contract: RuntimeContract,
  secrets: InstallationSecrets,
  { redisUrl, isolated }: Pick<UpRequest, "redisUrl" | "isolated">,
): EnvironmentFiles {
  const installation = installationEnvironment(contract);
  const queue: Record<string, string> = redisUrl === undefined ? {} : { REDIS_URL: redisUrl };
  const control = (role: string, password: string): string =>
    `postgresql://${role}:${password}@127.0.0.1:${embeddedPostgresPort(contract)}/${CONTROL_DATABASE}`;
  return {
    api: {
      ...installation,
      ...queue,
      DATABASE_URL: control(API_ROLE, secrets.apiPassword),
      // Without numeric users of their own, branches run as whoever started the runtime, who may well be trusted.
      OROBOROS_LOOPBACK_IDENTITY: isolated ? "on" : "off",
    },
    worker: {
      ...installation,
      ...queue,
      DATABASE_URL: control(WORKER_ROLE, secrets.workerPassword),
      WORKER_POLL_INTERVAL_SECONDS: POLL_INTERVAL_SECONDS,
      WORKER_HEALTH_PORT: String(workerPort(contract)),
      PREVIEW_BACKEND_DATABASE_URL_TEMPLATE: `postgresql+psycopg://slot@127.0.0.1:${embeddedPostgresPort(contract)}/${SLOT_DATABASE_TEMPLATE}`,
      SLOT_DATABASE_PASSWORD_KEY: secrets.slotPasswordKey,
    },
    surfaces: slotIds(contract).map((slot) => ({
      ...installation,
      WEB_ROOT: surfaceLink(contract, slot),
      WEB_PORT: String(frontendPort(contract, slot)),
      WEB_API_PROXY_TARGET: loopbackUrl(backendPort(contract, slot)),
    })),
  };
}
