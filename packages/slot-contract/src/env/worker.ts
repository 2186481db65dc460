import * as z from "zod";
import { scriptsPath } from "../static-roots.ts";
import { defaultDeployHooks, deployHookVariables } from "./deploy-hooks.ts";
import { contractOf, installationVariables } from "./installation.ts";
import { checkSlotClaims, slotClaims } from "./slot-claims.ts";
import {
  always,
  countVariable,
  pathVariable,
  portVariable,
  postgresUrlVariable,
  redisUrlVariable,
} from "./variables.ts";

const atLeastOne = countVariable.refine((count) => count > 0, "must be at least 1");

export const workerVariables = {
  ...installationVariables,
  DATABASE_URL: postgresUrlVariable,
  REDIS_URL: redisUrlVariable.optional(),
  /** Period of the reconciler. */
  WORKER_POLL_INTERVAL_SECONDS: atLeastOne,
  /** How long one publish may take, whoever works on it. */
  WORKER_RUN_TIMEOUT_SECONDS: atLeastOne.default(3_600),
  WORKER_ARTIFACT_MAX_AGE_DAYS: atLeastOne.default(30),
  WORKER_ARTIFACT_BUDGET_MB: atLeastOne.default(2_048),
  WORKER_CACHE_BUDGET_MB: atLeastOne.default(4_096),
  WORKER_HEALTH_PORT: portVariable,
  /** A claim about where slot databases are, `{slot}` being the slot's number; its user and password are not used. */
  PREVIEW_BACKEND_DATABASE_URL_TEMPLATE: postgresUrlVariable,
  /** Secret from which the passwords of the slots' database roles are derived. */
  SLOT_DATABASE_PASSWORD_KEY: z.string().regex(/^[0-9a-f]{64}$/, "must be 64 hexadecimal digits"),
  WORKER_PREVIEW_WEB_ROOT_TEMPLATE: z.string().optional(),
  /** Where an operator's replacement of the backend script is looked for. */
  WORKER_PREVIEW_RUNTIME_SCRIPTS_DIR: pathVariable.optional(),
  WORKER_SLOT_API_DIRECT_TEMPLATE: z.string().optional(),
  WORKER_SLOT_PREVIEW_HOST_TEMPLATE: z.string().optional(),
  ...deployHookVariables,
};

/** `worker.env`. What it leaves out of the optional variables is filled in from the contract. */
export const workerEnvironmentSchema = z
  .object(workerVariables)
  .superRefine(checkSlotClaims, { when: always })
  .transform((env) => {
    const contract = contractOf(env);
    const hooks = defaultDeployHooks(contract);
    return {
      ...env,
      ...slotClaims(contract, env),
      WORKER_PREVIEW_RUNTIME_SCRIPTS_DIR: env.WORKER_PREVIEW_RUNTIME_SCRIPTS_DIR ?? scriptsPath(contract),
      DEPLOY_BACKEND_RELOAD_CMD: env.DEPLOY_BACKEND_RELOAD_CMD ?? hooks.DEPLOY_BACKEND_RELOAD_CMD,
      DEPLOY_BACKEND_HEALTHCHECK_CMD: env.DEPLOY_BACKEND_HEALTHCHECK_CMD ?? hooks.DEPLOY_BACKEND_HEALTHCHECK_CMD,
    };
  });
export type WorkerEnvironment = z.output<typeof workerEnvironmentSchema>;
