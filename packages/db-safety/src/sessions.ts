import { TEMPLATE_ROLE, type RunId } from "@oroboros/slot-contract";
import { parseDatabaseUrl } from "./parse-database-url.ts";
import { requirePermit, type SlotDatabasePermit } from "./permit.ts";
import { openSession, type Session } from "./session.ts";
import { rolePassword } from "./slot-password.ts";
import type { SlotServer } from "./slot-server.ts";

/** The worker in its own database, or in a database that is being made and holds no branch's code yet. */
export function openAsOwner(server: SlotServer, database?: string): Promise<Session> {
  const url = parseDatabaseUrl(server.workerUrl, "DATABASE_URL");
  return openSession({
    host: server.host,
    port: server.port,
    database: database ?? url.database ?? "",
    role: url.user ?? "",
    password: decodeURIComponent(url.password ?? ""),
    searchPath: "pg_catalog",
    markedFor: null,
  });
}

/**
 * The templates' own login. Main's SQL runs under it rather than under the worker with `SET ROLE`, which any function can
 * undo with `set_config('role', 'none', false)`.
 */
export function openAsTemplateRole(server: SlotServer, slotPasswordKey: string, database: string): Promise<Session> {
  return openSession({
    host: server.host,
    port: server.port,
    database,
    role: TEMPLATE_ROLE,
    password: rolePassword(slotPasswordKey, TEMPLATE_ROLE),
    searchPath: "public",
    markedFor: null,
  });
}

/** The slot's role in the slot's database; with a run, only while that is the run's. */
export function openAsSlot(permit: SlotDatabasePermit, slotPasswordKey: string, markedRun?: RunId): Promise<Session> {
  requirePermit(permit);
  return openSession({
    host: permit.host,
    port: permit.port,
    database: permit.database,
    role: permit.role,
    password: rolePassword(slotPasswordKey, permit.role),
    searchPath: "public",
    markedFor: permit.slot,
    markedRun,
  });
}
