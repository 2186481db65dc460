import { SLOT_ACCESS_SCHEMA } from "@oroboros/slot-contract";
import { sql } from "kysely";
import type { Session } from "./session.ts";

/** Made with the functions; the worker writes it, who alone makes and drops what it lists. */
export const TEMPLATES = sql.id(SLOT_ACCESS_SCHEMA, "template_databases");

/**
 * Writes down a database that is about to be made, or to be copied again: a template that a killed process left behind is found by
 * its exact name, and one that nobody has copied for long is told from one in use.
 */
export async function noteTemplate(owner: Session, database: string): Promise<void> {
  await owner.run(sql`
    insert into ${TEMPLATES} (database) values (${database})
    on conflict (database) do update set used_at = pg_catalog.clock_timestamp()`);
}

/** Held in common by whoever copies a template, and alone by whoever drops it. */
export const templateLock = (database: string) =>
  sql`pg_catalog.hashtextextended(${`oroboros:use:${database}`}::text, 0)`;
