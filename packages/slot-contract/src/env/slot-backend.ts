import * as z from "zod";
import { commitShaSchema } from "../commit-sha.ts";
import { slotDatabase } from "../names.ts";
import { OperatorError, type ErrorCode } from "../operator-error.ts";
import { backendPort } from "../ports.ts";
import { MAX_SLOTS } from "../slot-id.ts";
import { parseSlotId, slotNumber, type SlotId } from "../slot-id.ts";
import { parseEnvironment, type Environment } from "./parse-environment.ts";
import { countVariable, listVariable, pathVariable, portVariable, postgresUrlVariable } from "./variables.ts";

const LOOPBACK = ["127.0.0.1", "localhost", "[::1]"];

export const slotBackendVariables = {
  SLOT_ID: z.string(),
  SLOT_NUM: countVariable,
  SLOT_BACKEND_PORT: portVariable,
  SLOT_DB_NAME: z.string(),
  SLOT_WORKTREE_PATH: pathVariable,
  SLOT_COMMIT_SHA: commitShaSchema,
  DATABASE_URL: postgresUrlVariable,
  CORS_ALLOWED_ORIGINS: listVariable,
  /** The installation's, so that the port can be told from another slot's; without it any offset is believed. */
  OROBOROS_PORT_OFFSET: countVariable.optional(),
};
const slotBackendEnvironmentSchema = z.object(slotBackendVariables);

type Optional = "OROBOROS_PORT_OFFSET";
/** The variables the runtime sets for a slot's backend process. */
export type SlotBackendVariables = Record<Exclude<keyof typeof slotBackendVariables, Optional>, string> &
  Partial<Record<Optional, string>>;

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
 *   none; `slot_database_mismatch` where `SLOT_NUM`, `SLOT_DB_NAME` or `DATABASE_URL` belong to another slot;
 *   `host_mismatch` and `query_override` where `DATABASE_URL` leads off this host; `port_mismatch` and `path_refused` where
 *   `SLOT_BACKEND_PORT` or `SLOT_WORKTREE_PATH` belong to another slot.
 */
export function readSlotEnv(source: Environment): SlotEnv {
  const env = parseEnvironment("The slot backend", slotBackendEnvironmentSchema, source);
  const slotId = parseSlotId({ slotCount: MAX_SLOTS }, env.SLOT_ID);
  const database = slotDatabase(slotId);
  const url = new URL(env.DATABASE_URL);
  const number = slotNumber(slotId);
  const offset = env.SLOT_BACKEND_PORT - backendPort({ portOffset: 0 }, slotId);
  const refuse = refusals(slotId);
  refuse("slot_database_mismatch", "SLOT_NUM", String(env.SLOT_NUM), [String(number)]);
  refuse("slot_database_mismatch", "SLOT_DB_NAME", env.SLOT_DB_NAME, [database]);
  refuse("slot_database_mismatch", "DATABASE_URL's database", url.pathname.slice(1), [database]);
  refuse("host_mismatch", "DATABASE_URL's host", url.hostname, LOOPBACK);
  refuse("query_override", "DATABASE_URL's query", [...url.searchParams.keys()].join("&"), [""]);
  if (offset < 0 || offset !== (env.OROBOROS_PORT_OFFSET ?? offset)) {
    const own = backendPort({ portOffset: env.OROBOROS_PORT_OFFSET ?? 0 }, slotId);
    refuse("port_mismatch", "SLOT_BACKEND_PORT", String(env.SLOT_BACKEND_PORT), [String(own)]);
  }
  const foreign = env.SLOT_WORKTREE_PATH.split("/").find((piece) => isOtherSlots(piece, number));
  if (foreign !== undefined) refuse("path_refused", "SLOT_WORKTREE_PATH's directory", foreign, [slotId]);
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

/** Whether a piece of a path is another slot's `preview-<n>` or `preview-<n>.d`. */
function isOtherSlots(piece: string, number: number): boolean {
  const [, named] = /^preview-([0-9]+)(?:\.d)?$/.exec(piece) ?? [];
  return named !== undefined && named !== String(number);
}

type Refuse = (code: ErrorCode, what: string, actual: string, allowed: readonly string[]) => void;

function refusals(slot: SlotId): Refuse {
  return (code, what, actual, allowed) => {
    if (allowed.includes(actual)) return;
    const needs = allowed[0] === "" ? "none" : allowed[0];
    throw new OperatorError(code, `${what} is ${JSON.stringify(actual)}, but ${slot} needs ${needs}.`, {
      hint: "Start the backend through scripts/preview-backend-runtime.sh, which sets every variable of the slot.",
    });
  };
}
