import { sql } from "kysely";
import type { Session } from "../session.ts";

const SETTINGS = [
  "server_version_num",
  "max_connections",
  "superuser_reserved_connections",
  "reserved_connections",
  "password_encryption",
  "max_prepared_transactions",
  "authentication_timeout",
];

/** The server's settings that a slot's safety rests on, in the units that PostgreSQL counts them in. */
export async function observeSettings(session: Session): Promise<Record<string, string>> {
  const rows = await session.run(sql<{ name: string; setting: string }>`
    select name, setting from pg_catalog.pg_settings where name = any(${SETTINGS})`);
  return Object.fromEntries(rows.map(({ name, setting }) => [name, setting]));
}
