import { OperatorError, type ErrorCode, type SlotId } from "@oroboros/slot-contract";
import { sql } from "kysely";
import { markedRun, markedSlot } from "./marker.ts";
import type { Session, SessionTarget, SlotTarget } from "./session.ts";

interface Identity {
  database: string;
  login: string;
  role: string;
  system_identifier: string;
  database_oid: string;
  is_superuser: boolean;
  comment: string | null;
}

/**
 * Compares what the server says about itself with what the session was opened for: the first thing that is asked on every physical
 * connection. A database can be renamed and a comment copied; its oid and the server's identifier can not. Returns the latter.
 */
export async function verifyIdentity(session: Pick<Session, "run">, target: SessionTarget): Promise<string> {
  const [live] = await session.run(sql<Identity>`
    select pg_catalog.current_database() as database, session_user as login, current_user as role,
      (pg_catalog.pg_control_system()).system_identifier::text as system_identifier, d.oid::text as database_oid,
      exists (select from pg_catalog.pg_roles where rolname in (session_user, current_user) and rolsuper) as is_superuser, pg_catalog.shobj_description(d.oid, 'pg_database') as comment
    from pg_catalog.pg_database d where d.datname = pg_catalog.current_database()`);
  if (live?.database !== target.database) throw refuse("identity_mismatch", target, `${live?.database} answered`);
  if (live.login !== target.login || live.role !== (target.slot?.role ?? target.login)) {
    throw refuse("role_mismatch", target, `the session runs as ${live.role}`);
  }
  if (target.systemIdentifier !== null && live.system_identifier !== target.systemIdentifier) {
    throw refuse("identity_mismatch", target, "another server answered than the one that was installed");
  }
  if (target.slot !== null) verifySlot(live, target, target.slot);
  return live.system_identifier;
}

function verifySlot(live: Identity, target: SessionTarget, { slot, identity, markedRun: run }: SlotTarget): void {
  if (live.is_superuser) throw refuse("role_mismatch", target, `${live.login} is a superuser`);
  if (live.database_oid !== identity.databaseOid) {
    throw refuse("identity_mismatch", target, "it is another database than the last reset has made");
  }
  requireMarker(live.comment, { database: target.database, slot });
  if (run === undefined || markedRun(live.comment) === run) return;
  throw new OperatorError("stale_lease", `${target.database} does not hold the state of run ${run} any more.`, {
    hint: `See what happened to it with: oroboros runs show ${run}`,
  });
}

/** @throws OperatorError `not_marked`, or `identity_mismatch` for another slot's marker. */
export function requireMarker(comment: string | null, target: { database: string; slot: SlotId }): void {
  const marked = markedSlot(comment);
  if (marked === undefined) throw refuse("not_marked", target, "it carries no marker of a slot");
  if (marked !== target.slot) throw refuse("identity_mismatch", target, `it is marked as ${marked}'s`);
}

export function refuse(code: ErrorCode, { database }: { database: string }, found: string): OperatorError {
  return new OperatorError(code, `Refused to touch database ${database}: ${found}.`, {
    hint: `Nothing was changed. Find out who made or changed ${database}; rename or drop it and install again for a fresh one.`,
  });
}
