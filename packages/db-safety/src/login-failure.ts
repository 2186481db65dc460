import { OperatorError } from "@oroboros/slot-contract";
import { DatabaseError } from "pg";
import type { SessionTarget } from "./session.ts";

/** See https://www.postgresql.org/docs/current/errcodes-appendix.html: the role may not log in, or pg_hba.conf refuses it. */
const INVALID_AUTHORIZATION = "28000";

/** Why a connection was not made, as a refusal that names what to type. */
export const loginFailure = (target: SessionTarget, error: unknown): OperatorError =>
  refusedLogin(target, error) ?? unreachable(target, error);

/** A slot's login is locked out when the slot is cleaned, and by the next grant's. */
function refusedLogin({ slot, login, database }: SessionTarget, error: unknown): OperatorError | undefined {
  if (slot === null || !(error instanceof DatabaseError) || error.code !== INVALID_AUTHORIZATION) return undefined;
  return new OperatorError("stale_lease", `${login} is not let in to ${database} any more.`, {
    hint: `See who holds the slot with: oroboros slots list; give it a fresh database with: oroboros db reset --slot ${slot.slot}`,
    cause: error,
  });
}

function unreachable({ host, port, database, login }: SessionTarget, error: unknown): OperatorError {
  return new OperatorError("unreachable", `Could not connect to ${database} as ${login}: ${reasonOf(error)}.`, {
    hint: `Check that PostgreSQL answers on ${host}:${port} and that the installation was provisioned.`,
    cause: error,
  });
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
