import { SLOT_ACCESS_SCHEMA } from "@oroboros/slot-contract";
import { sql } from "kysely";
import type { Session } from "./session.ts";
import { openAsOwner } from "./sessions.ts";
import type { SlotServer } from "./slot-server.ts";

/** When to stop, and where the worker reaches the server to say so. */
export type Stop = Readonly<{ server: SlotServer; signal: AbortSignal }>;

/**
 * Lets `act` use the session until the signal: then the session is ended, in the middle of a statement too. Ended and not
 * canceled, because a branch's SQL can catch a cancellation; and by the worker, because a branch can use up the connections
 * of its own role.
 *
 * @throws the signal's reason.
 */
export async function untilStopped<Result>(
  session: Session,
  stop: Stop | undefined,
  act: () => Promise<Result>,
): Promise<Result> {
  if (stop === undefined) return act();
  const { signal, server } = stop;
  signal.throwIfAborted();
  let ending: Promise<unknown> = Promise.resolve();
  const end = (): void => {
    // The server notices a closed connection only when it has something to send.
    ending = Promise.allSettled([session[Symbol.asyncDispose](), terminate(server, session.backend)]);
  };
  signal.addEventListener("abort", end, { once: true });
  try {
    return await act();
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener("abort", end);
    await ending;
  }
}

async function terminate(server: SlotServer, backend: Session["backend"]): Promise<void> {
  await using owner = await openAsOwner(server);
  const { processId, database, login } = backend;
  await owner.run(sql`
    select pg_catalog.pg_terminate_backend(pid, 1000) from pg_catalog.pg_stat_activity
    where pid = ${processId} and datname = ${database} and usename = ${login} and pg_catalog.pg_has_role(usesysid, 'usage')`);
  // The worker is no member of a slot's login.
  await owner.run(sql`select ${sql.id(SLOT_ACCESS_SCHEMA, "end_session")}(${processId}, ${database}, ${login})`);
}
