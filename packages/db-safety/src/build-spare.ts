import {
  SLOT_ACCESS_SCHEMA,
  slotNumber,
  slotRole,
  spareDatabase,
  TEMPLATE_ROLE,
  templateDatabase,
  type SlotId,
} from "@oroboros/slot-contract";
import { sql } from "kysely";
import { copyDatabase } from "./copy-database.ts";
import { databaseOid, dropDatabase } from "./databases.ts";
import { ensureTemplate } from "./ensure-template.ts";
import { handOver } from "./hand-over.ts";
import { contentMarkerText } from "./marker.ts";
import { scramVerifier } from "./scram-verifier.ts";
import type { Session } from "./session.ts";
import { openAsOwner } from "./sessions.ts";
import { loginPassword } from "./slot-access.ts";
import type { SlotServer } from "./slot-server.ts";
import { templateLock } from "./template-registry.ts";
import { templateHash, type TemplateSource } from "./template-source.ts";

export type SpareRequest = Readonly<{
  server: SlotServer;
  source: TemplateSource;
  slotPasswordKey: string;
  signal?: AbortSignal | undefined;
}>;

/**
 * Makes the slot's next database beside the live one, complete but for the lease and the right to connect. Its comment is
 * written last, so that one without it is known to be unfinished.
 */
export async function buildSpare(
  owner: Session,
  slot: SlotId,
  request: SpareRequest,
): Promise<{ templateCreated: boolean; contentFingerprint: string }> {
  const { server, source, slotPasswordKey, signal } = request;
  const name = sql.id(spareDatabase(slot));
  const used = templateLock(templateDatabase(templateHash(source)));
  await owner.run(sql`set lock_timeout = 0`);
  await owner.run(sql`select pg_catalog.pg_advisory_lock_shared(${used})`);
  await owner.run(sql`reset lock_timeout`);
  const template = await ensureTemplate(server, source, { slotPasswordKey, signal });
  const { contentFingerprint } = template;
  const complete = contentMarkerText("spare", { templateHash: templateHash(source), contentFingerprint });
  signal?.throwIfAborted();
  await dropDatabase(owner, spareDatabase(slot));
  await copyDatabase(owner, { server, from: template.database, to: spareDatabase(slot) });
  await owner.run(sql`select pg_catalog.pg_advisory_unlock_shared(${used})`);
  signal?.throwIfAborted();
  // A clone does not inherit the template's rights: PUBLIC could connect again. Without CREATE the slot's role can not
  // become the owner of a schema.
  await owner.run(sql`
    revoke all on database ${name} from public;
    grant create, temporary on database ${name} to ${sql.id(slotRole(slot))};
    alter database ${name} with allow_connections true`);
  await handToSlot(server, slot);
  const password = loginPassword(slot, await databaseOid(owner, spareDatabase(slot)), slotPasswordKey);
  await owner.run(
    sql`select ${sql.id(SLOT_ACCESS_SCHEMA, "prepare_login")}(${slotNumber(slot)}, ${scramVerifier(password)})`,
  );
  // After our own sessions in it, which are not to act as the slot. It stays with the database when that is renamed.
  await owner.run(sql`
    alter database ${name} set role = ${sql.id(slotRole(slot))};
    alter database ${name} with allow_connections false;
    comment on database ${name} is ${sql.lit(complete)}`);
  return { templateCreated: template.created, contentFingerprint };
}

async function handToSlot(server: SlotServer, slot: SlotId): Promise<void> {
  await using inside = await openAsOwner(server, spareDatabase(slot));
  await handOver(inside, { from: TEMPLATE_ROLE, to: slotRole(slot) });
}
