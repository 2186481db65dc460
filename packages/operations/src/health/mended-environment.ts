import {
  CONTROL_DATABASE,
  postgresPort,
  redisPort,
  SLOT_DATABASE_TEMPLATE,
  WORKER_ROLE,
  workerPort,
  type RuntimeContract,
} from "@oroboros/slot-contract";
import {
  installationEnvironment,
  workerEnvironmentSchema,
  type WorkerEnvironment,
} from "@oroboros/slot-contract/environments";

type Variables = Readonly<Record<string, string>>;

/**
 * What checks work with where a host's `worker.env` is wrong: its variables that are right, and for the others what an installation
 * writes, without secrets. Nothing is to be started with it.
 */
export function mendedEnvironment(contract: RuntimeContract, variables: Variables): WorkerEnvironment {
  const usual = usualVariables(contract, variables);
  const { error } = workerEnvironmentSchema.safeParse({ ...variables, ...ofContract(contract) });
  const wrong = new Set(error?.issues.map(({ path }) => path[0]));
  const isRight = ([name]: [string, string]): boolean => !wrong.has(name) && !name.startsWith("OROBOROS_");
  const right = Object.fromEntries(Object.entries(variables).filter(isRight));
  const mended = workerEnvironmentSchema.safeParse({ ...usual, ...right, ...ofContract(contract) });
  return mended.success ? mended.data : workerEnvironmentSchema.parse({ ...usual, ...ofContract(contract) });
}

const ofContract = (contract: RuntimeContract): Variables => ({
  ...installationEnvironment(contract),
  OROBOROS_SERVICE_MANAGER: "systemd",
});

const usualVariables = (contract: RuntimeContract, { REDIS_URL }: Variables): Variables => ({
  DATABASE_URL: `postgresql://${WORKER_ROLE}@127.0.0.1:${postgresPort()}/${CONTROL_DATABASE}`,
  ...(REDIS_URL === undefined ? {} : { REDIS_URL: `redis://127.0.0.1:${redisPort()}/0` }),
  WORKER_POLL_INTERVAL_SECONDS: "5",
  WORKER_HEALTH_PORT: String(workerPort(contract)),
  PREVIEW_BACKEND_DATABASE_URL_TEMPLATE: `postgresql://slot@127.0.0.1:${postgresPort()}/${SLOT_DATABASE_TEMPLATE}`,
  SLOT_DATABASE_PASSWORD_KEY: "0".repeat(64),
});
