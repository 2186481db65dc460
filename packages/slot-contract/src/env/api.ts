import * as z from "zod";
import { installationVariables } from "./installation.ts";
import { postgresUrlVariable, redisUrlVariable } from "./variables.ts";

/** `api.env`. Without `REDIS_URL` the queue lives in the control database. */
export const apiEnvironmentSchema = z.object({
  ...installationVariables,
  DATABASE_URL: postgresUrlVariable,
  REDIS_URL: redisUrlVariable.optional(),
});
export type ApiEnvironment = z.output<typeof apiEnvironmentSchema>;
