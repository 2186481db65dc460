import { sql } from "kysely";
import { DatabaseError } from "pg";
import { refuse } from "./live-identity.ts";
import type { Connection, Session } from "./session.ts";
import type { SlotServer } from "./slot-server.ts";

/** What each server turned out to be when it first answered: one that answers in its place later is another. */
const known = new WeakMap<SlotServer, string>();
/** See https://www.postgresql.org/docs/current/errcodes-appendix.html: no such table, or none of ours. */
const UNREADABLE = ["42P01", "42501"];

export const knownIdentifier = (server: SlotServer): string | undefined => known.get(server);

/**
 * The first session of a process in the control database: passes where the installation has registered this server in it. A copy of
 * that database on another server names the server that it was copied from.
 *
 * @throws OperatorError `not_marked` where no server was registered, `identity_mismatch` where another was.
 */
export async function registered(server: SlotServer, session: Connection): Promise<Connection> {
  try {
    const found = await readRegistered(session);
    if (found === undefined)
      throw refuse("not_marked", session.backend, "no installation has registered its server in it");
    if (found !== session.systemIdentifier) {
      throw refuse(
        "identity_mismatch",
        session.backend,
        "it was installed on another server than the one that answered",
      );
    }
  } catch (error) {
    await session[Symbol.asyncDispose]();
    throw error;
  }
  known.set(server, session.systemIdentifier);
  return session;
}

async function readRegistered(session: Session): Promise<string | undefined> {
  try {
    const [row] = await session.run(
      sql<{ system_identifier: string }>`select system_identifier from public.slot_server`,
    );
    return row?.system_identifier;
  } catch (error) {
    if (error instanceof DatabaseError && UNREADABLE.includes(error.code ?? "")) return undefined;
    throw error;
  }
}
