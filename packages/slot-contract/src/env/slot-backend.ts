import * as z from "zod";
import { commitShaSchema } from "../commit-sha.ts";
import { slotDatabase } from "../names.ts";
import { OperatorError } from "../operator-error.ts";
import { MAX_SLOTS } from "../slot-id.ts";
import { parseSlotId, slotNumber, type SlotId } from "../slot-id.ts";
import { parseEnvironment, type Environment } from "./parse-environment.ts";
import { countVariable, pathVariable, portVariable, postgresUrlVariable } from "./variables.ts";

const slotBackendEnvironmentSchema = z.object({
  SLOT_ID: z.string(),
  SLOT_NUM: countVariable,
  SLOT_BACKEND_PORT: portVariable,
  SLOT_DB_NAME: z.string(),
  SLOT_WORKTREE_PATH: pathVariable,
  SLOT_COMMIT_SHA: commitShaSchema,
  DATABASE_URL: postgresUrlVariable,
  CORS_ALLOWED_ORIGINS: z.string().transform((csv) => csv.split(",").filter((origin) => origin !== "")),
});

/** The variables the runtime sets for a slot's backend process. */
export type SlotBackendVariables = Record<keyof z.input<typeof slotBackendEnvironmentSchema>, string>;

export type SlotEnv = Readonly<{
  slotId: SlotId;
  port: number;
  databaseName: string;
  databaseUrl: string;
  worktreePath: string;
  commitSha: string;
  corsAllowedOrigins: string[];
}>;

/**
 * What a previewed backend needs to know about the slot it runs in.
 *
 * @param source the process's environment.
 * @throws OperatorError `invalid_environment` naming every missing or wrong variable; `invalid_slot` for a slot id that is
 *   none; `slot_database_mismatch` where `SLOT_NUM`, `SLOT_DB_NAME` or `DATABASE_URL` belong to another slot.
 */
export function readSlotEnv(source: Environment): SlotEnv {
  const env = parseEnvironment("The slot backend", slotBackendEnvironmentSchema, source);
  const slotId = parseSlotId({ slotCount: MAX_SLOTS }, env.SLOT_ID);
  const database = slotDatabase(slotId);
  refuseMismatch("SLOT_NUM", String(env.SLOT_NUM), String(slotNumber(slotId)), slotId);
  refuseMismatch("SLOT_DB_NAME", env.SLOT_DB_NAME, database, slotId);
  refuseMismatch("DATABASE_URL's database", new URL(env.DATABASE_URL).pathname.slice(1), database, slotId);
  return {
    slotId,
    port: env.SLOT_BACKEND_PORT,
    databaseName: database,
    databaseUrl: env.DATABASE_URL,
    worktreePath: env.SLOT_WORKTREE_PATH,
    commitSha: env.SLOT_COMMIT_SHA,
    corsAllowedOrigins: env.CORS_ALLOWED_ORIGINS,
  };
}

function refuseMismatch(what: string, actual: string, expected: string, slot: SlotId): void {
  if (actual === expected) return;
  throw new OperatorError(
    "slot_database_mismatch",
    `${what} is ${JSON.stringify(actual)}, but ${slot} needs ${expected}.`,
    {
      hint: "Start the backend through scripts/preview-backend-runtime.sh, which sets every variable of the slot.",
    },
  );
}
