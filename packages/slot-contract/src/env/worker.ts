import * as z from "zod";
import { installationVariables } from "./installation.ts";
import { countVariable, portVariable, postgresUrlVariable, redisUrlVariable } from "./variables.ts";

/** `worker.env`. */
export const workerEnvironmentSchema = z.object({
  ...installationVariables,
  DATABASE_URL: postgresUrlVariable,
  REDIS_URL: redisUrlVariable.optional(),
  /** Period of the reconciler. */
  WORKER_POLL_INTERVAL_SECONDS: countVariable.refine((seconds) => seconds > 0, "must be at least 1"),
  WORKER_HEALTH_PORT: portVariable,
  /** A claim about where slot databases are, `{slot}` being the slot's number; its user and password are not used. */
  PREVIEW_BACKEND_DATABASE_URL_TEMPLATE: postgresUrlVariable,
  /** Secret from which the passwords of the slots' database roles are derived. */
  SLOT_DATABASE_PASSWORD_KEY: z.string().regex(/^[0-9a-f]{64}$/, "must be 64 hexadecimal digits"),
});
export type WorkerEnvironment = z.output<typeof workerEnvironmentSchema>;
