import { TEMPLATE_ROLE } from "@oroboros/slot-contract";
import { sql } from "kysely";
import { scramVerifier } from "../scram-verifier.ts";
import type { Session } from "../session.ts";
import { rolePassword } from "../slot-password.ts";

/**
 * Gives the templates' role the password and the settings again that it was installed with, in its own session. A snapshot has a
 * branch's triggers and functions, which run with that role's rights where main's migrations meet them, and every role may change
 * these two of its own: whoever knew the password could log in to what is being made from main or from production. In the transaction
 * of each migration, so that nobody ever sees another one.
 */
export async function keepTemplateRole(session: Session, slotPasswordKey: string): Promise<void> {
  const role = sql.id(TEMPLATE_ROLE);
  await session.run(sql`set constraints all immediate`);
  await session.run(sql`set search_path = pg_catalog`);
  // Two that change a role at the same time fail.
  await session.run(sql`select pg_advisory_xact_lock(hashtextextended('oroboros:template-role', 0))`);
  const changed = await session.run(sql<{ database: string | null }>`
    select d.datname as database from pg_db_role_setting s left join pg_database d on d.oid = s.setdatabase
    where s.setrole = (select oid from pg_roles where rolname = ${TEMPLATE_ROLE})`);
  for (const { database } of changed) {
    const where = database === null ? sql`` : sql`in database ${sql.id(database)}`;
    await session.run(sql`alter role ${role} ${where} reset all`);
  }
  const verifier = scramVerifier(rolePassword(slotPasswordKey, TEMPLATE_ROLE));
  await session.run(sql`alter role ${role} with password ${sql.lit(verifier)}`);
}
