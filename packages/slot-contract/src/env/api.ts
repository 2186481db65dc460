import * as z from "zod";
import { installationVariables } from "./installation.ts";
import { postgresUrlVariable, redisUrlVariable } from "./variables.ts";

export const apiVariables = {
  ...installationVariables,
  DATABASE_URL: postgresUrlVariable,
  REDIS_URL: redisUrlVariable.optional(),
  // An installation that knows of no users of its branches' own must not trust one by saying nothing.
  OROBOROS_LOOPBACK_IDENTITY: z.enum(["on", "off"], "must be on or off").default("off"),
};

/** `api.env`. Without `REDIS_URL` the queue lives in the control database. */
export const apiEnvironmentSchema = z.object(apiVariables);
export type ApiEnvironment = z.output<typeof apiEnvironmentSchema>;
