import { OperatorError, type ErrorCode, type SlotId } from "@oroboros/slot-contract";
import { sql } from "kysely";
import { markedRun, markedSlot } from "./marker.ts";
import type { Session, SessionTarget } from "./session.ts";

type Identity = { database: string; session_role: string; current_role: string };

/** Compares what the server says about itself with what the session was opened for. */
export async function verifyIdentity(session: Session, target: SessionTarget): Promise<void> {
  const [live] = await session.run(sql<Identity>`
    select pg_catalog.current_database() as database, session_user as session_role, current_user as current_role`);
  if (live?.database !== target.database) throw refuse("identity_mismatch", target, `${live?.database} answered`);
  if (live.session_role !== target.role || live.current_role !== target.role) {
    throw refuse("role_mismatch", target, `the session runs as ${live.current_role}`);
  }
  if (target.markedFor === null) return;
  const [role] = await session.run(sql<{ is_superuser: boolean; comment: string | null }>`
    select r.rolsuper as is_superuser, pg_catalog.shobj_description(d.oid, 'pg_database') as comment
    from pg_catalog.pg_database d, pg_catalog.pg_roles r
    where d.datname = pg_catalog.current_database() and r.rolname = session_user`);
  if (role?.is_superuser !== false) throw refuse("role_mismatch", target, `${live.session_role} is a superuser`);
  requireMarker(role.comment, { database: target.database, slot: target.markedFor });
  if (target.markedRun !== undefined && markedRun(role.comment) !== target.markedRun) {
    throw new OperatorError(
      "stale_lease",
      `${target.database} does not hold the state of run ${target.markedRun} any more.`,
      {
        hint: `See what happened to it with: oroboros runs show ${target.markedRun}`,
      },
    );
  }
}

/** @throws OperatorError `not_marked`, or `identity_mismatch` for another slot's marker. */
export function requireMarker(comment: string | null, target: { database: string; slot: SlotId }): void {
  const marked = markedSlot(comment);
  if (marked === undefined) throw refuse("not_marked", target, "it carries no marker of a slot");
  if (marked !== target.slot) throw refuse("identity_mismatch", target, `it is marked as ${marked}'s`);
}

function refuse(code: ErrorCode, { database }: { database: string }, found: string): OperatorError {
  return new OperatorError(code, `Refused to touch database ${database}: ${found}.`, {
    hint: `Nothing was changed. Find out who made or changed ${database}; rename or drop it and install again for a fresh one.`,
  });
}
