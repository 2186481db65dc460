import { AUDIT_DATABASE, slotRole, TEMPLATE_ROLE, type SlotId } from "@oroboros/slot-contract";
import { sql } from "kysely";
import { copyDatabase } from "../copy-database.ts";
import { dropDatabase } from "../databases.ts";
import { describeFingerprint } from "../fingerprint/fingerprint-database.ts";
import type { FingerprintPart } from "../fingerprint/fingerprint-part.ts";
import { handOver } from "../hand-over.ts";
import { openAsOwner, openAsTemplateRole } from "../sessions.ts";
import type { SlotServer } from "../slot-server.ts";
import { templateLock } from "../template-registry.ts";
import { untilStopped } from "../until-stopped.ts";

/** Reads copies of databases that nobody can connect to. */
export type CopyReader = Readonly<{ server: SlotServer; slotPasswordKey: string; signal: AbortSignal }>;

/**
 * The parts of the content of a template, or of a slot's spare. Of a copy: a session in the database itself would keep a reset from
 * using it. The copy is the templates' role's, so that whoever reads it has no more rights than main's migrations had.
 *
 * @throws OperatorError where the disk would not hold it; Error where the database is gone meanwhile or something is connected to it;
 *   the signal's reason.
 */
export async function describeCopy(
  { server, slotPasswordKey, signal }: CopyReader,
  { database, slot }: { database: string; slot: SlotId | null },
): Promise<FingerprintPart[]> {
  await using owner = await openAsOwner(server);
  await owner.run(sql`select pg_catalog.pg_advisory_lock(pg_catalog.hashtextextended(${AUDIT_DATABASE}, 0))`);
  await owner.run(sql`select pg_catalog.pg_advisory_lock_shared(${templateLock(database)})`);
  // What an audit that was killed has left.
  await dropDatabase(owner, AUDIT_DATABASE);
  try {
    await copyDatabase(owner, { server, from: database, to: AUDIT_DATABASE });
    const name = sql.id(AUDIT_DATABASE);
    await owner.run(sql`
      revoke all on database ${name} from public;
      grant connect, create, temporary on database ${name} to ${sql.id(TEMPLATE_ROLE)};
      alter database ${name} with allow_connections true`);
    if (slot !== null) await handBack(server, slot);
    await using session = await openAsTemplateRole(server, slotPasswordKey, AUDIT_DATABASE);
    return await untilStopped(session, { server, signal }, () => describeFingerprint(session));
  } finally {
    await dropDatabase(owner, AUDIT_DATABASE);
  }
}

/** To who had it in the template. */
async function handBack(server: SlotServer, slot: SlotId): Promise<void> {
  await using inside = await openAsOwner(server, AUDIT_DATABASE);
  await handOver(inside, { from: slotRole(slot), to: TEMPLATE_ROLE });
}
