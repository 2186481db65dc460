import {
  apiPort,
  backendPort,
  frontendPort,
  loopbackUrl,
  postgresPort,
  previewHostTemplate,
  redisPort,
  scriptsPath,
  SLOT_DATABASE_TEMPLATE,
  slotApiDirectTemplate,
  webMainPort,
  webMainRoot,
  webRoot,
  webRootTemplate,
  workerPort,
  type RuntimeContract,
  type SlotId,
} from "@oroboros/slot-contract";
import { installationEnvironment } from "@oroboros/slot-contract/environments";

type Variables = Readonly<Record<string, string>>;

const POLL_INTERVAL_SECONDS = "5";

const installation = (contract: RuntimeContract): Variables => ({
  ...installationEnvironment(contract),
  OROBOROS_SERVICE_MANAGER: "systemd",
});

const queue = (): Variables => ({ REDIS_URL: `redis://127.0.0.1:${redisPort()}/0` });

export function apiVariables(contract: RuntimeContract): Variables {
  return {
    ...installation(contract),
    ...queue(),
    // On a host every branch runs as a user of its own, so the uid of a socket says who asks.
    OROBOROS_LOOPBACK_IDENTITY: "on",
  };
}

export function workerVariables(contract: RuntimeContract): Variables {
  const directTemplate = slotApiDirectTemplate(contract);
  return {
    ...installation(contract),
    ...queue(),
    WORKER_POLL_INTERVAL_SECONDS: POLL_INTERVAL_SECONDS,
    WORKER_HEALTH_PORT: String(workerPort(contract)),
    // Parsed as a claim; the user is not used, so the form needs no password.
    PREVIEW_BACKEND_DATABASE_URL_TEMPLATE: `postgresql+psycopg://slot@127.0.0.1:${postgresPort()}/${SLOT_DATABASE_TEMPLATE}`,
    WORKER_PREVIEW_WEB_ROOT_TEMPLATE: webRootTemplate(contract),
    WORKER_PREVIEW_RUNTIME_SCRIPTS_DIR: scriptsPath(contract),
    ...(directTemplate === undefined ? {} : { WORKER_SLOT_API_DIRECT_TEMPLATE: directTemplate }),
    WORKER_SLOT_PREVIEW_HOST_TEMPLATE: previewHostTemplate(contract),
    DEPLOY_GIT_PUSH_MODE: "manual",
  };
}

export function webMainVariables(contract: RuntimeContract): Variables {
  return surface(contract, webMainRoot(contract), webMainPort(contract), apiPort(contract));
}

export function surfaceVariables(contract: RuntimeContract, slot: SlotId): Variables {
  return surface(contract, webRoot(contract, slot), frontendPort(contract, slot), backendPort(contract, slot));
}

function surface(contract: RuntimeContract, root: string, port: number, upstream: number): Variables {
  return {
    ...installation(contract),
    WEB_ROOT: root,
    WEB_PORT: String(port),
    WEB_API_PROXY_TARGET: loopbackUrl(upstream),
  };
}
