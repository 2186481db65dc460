import { TEMPLATE_ROLE, type RunId } from "@oroboros/slot-contract";
import { borrowOwner } from "./owner-pool.ts";
import { parseDatabaseUrl } from "./parse-database-url.ts";
import { requirePermit } from "./permit.ts";
import { knownIdentifier, registered } from "./registered-server.ts";
import { openSession, type Connection, type Session } from "./session.ts";
import { credentialsOf, type SlotAccess } from "./slot-access.ts";
import { rolePassword } from "./slot-password.ts";
import type { SlotServer } from "./slot-server.ts";

/** The worker in its own database, or in a database that is being made and holds no branch's code yet. */
export async function openAsOwner(server: SlotServer, database?: string): Promise<Session> {
  const url = parseDatabaseUrl(server.workerUrl, "DATABASE_URL");
  const open = (systemIdentifier: string | null): Promise<Connection> =>
    openSession({
      host: server.host,
      port: server.port,
      database: database ?? url.database ?? "",
      login: url.user ?? "",
      password: decodeURIComponent(url.password ?? ""),
      searchPath: "pg_catalog",
      systemIdentifier,
      slot: null,
    });
  if (database !== undefined) return open(await identifierOf(server));
  return borrowOwner(server, async () => {
    const known = knownIdentifier(server);
    return known === undefined ? registered(server, await open(null)) : open(known);
  });
}

/** Of the server that was installed. */
export async function identifierOf(server: SlotServer): Promise<string> {
  const known = knownIdentifier(server);
  if (known !== undefined) return known;
  await using owner = await openAsOwner(server);
  return owner.systemIdentifier;
}

/**
 * The templates' own login. Main's SQL runs under it rather than under the worker with `SET ROLE`, which any function can
 * undo with `set_config('role', 'none', false)`.
 */
export async function openAsTemplateRole(
  server: SlotServer,
  slotPasswordKey: string,
  database: string,
): Promise<Session> {
  return openSession({
    host: server.host,
    port: server.port,
    database,
    login: TEMPLATE_ROLE,
    password: rolePassword(slotPasswordKey, TEMPLATE_ROLE),
    searchPath: "public",
    systemIdentifier: await identifierOf(server),
    slot: null,
  });
}

/**
 * The slot's login in the slot's database; with a run, only while that is the run's.
 *
 * @param searchPath `pg_catalog` for what looks at a database that a branch has filled, and must not call what it has made.
 */
export function openAsSlot(
  { permit, identity, slotPasswordKey }: SlotAccess,
  { markedRun, searchPath = "public" }: { markedRun?: RunId | undefined; searchPath?: "public" | "pg_catalog" } = {},
): Promise<Session> {
  requirePermit(permit);
  const { login, password } = credentialsOf(permit.slot, identity, slotPasswordKey);
  return openSession({
    host: permit.host,
    port: permit.port,
    database: permit.database,
    login,
    password,
    searchPath,
    systemIdentifier: identity.systemIdentifier,
    slot: { slot: permit.slot, role: permit.role, identity, markedRun },
  });
}
