import * as z from "zod";
import { contractOf, installationVariables } from "./installation.ts";
import { checkSlotClaims, slotClaims } from "./slot-claims.ts";
import { always } from "./variables.ts";

export const devVariables = {
  ...installationVariables,
  /** Where a slot's backend is without a reverse proxy. */
  WORKER_SLOT_API_DIRECT_TEMPLATE: z.string().optional(),
  WORKER_SLOT_PREVIEW_HOST_TEMPLATE: z.string().optional(),
};

/** The documents' variables of a developer's machine. */
export const devEnvironmentSchema = z
  .object(devVariables)
  .superRefine(checkSlotClaims, { when: always })
  .transform((env) => ({ ...env, ...slotClaims(contractOf(env), env) }));
export type DevEnvironment = z.output<typeof devEnvironmentSchema>;
