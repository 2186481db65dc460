import { snapshotCopy, snapshotDatabase, TEMPLATE_ROLE } from "@oroboros/slot-contract";
import { appliedChecksums } from "../apply-migrations.ts";
import { createForTemplateRole } from "../create-for-template-role.ts";
import { dropDatabase } from "../databases.ts";
import type { Session } from "../session.ts";
import { openAsTemplateRole } from "../sessions.ts";
import { rolePassword } from "../slot-password.ts";
import type { SlotServer } from "../slot-server.ts";
import type { SqlFile } from "../template-source.ts";
import { maskDatabase } from "./mask-database.ts";
import { renewRuntimeSchema } from "./renew-runtime-schema.ts";
import { readSnapshot, sealSnapshot, type SnapshotFacts } from "./seal-snapshot.ts";

/** Where a dump is restored to, and as whom. */
export type RestoreTarget = Readonly<{ host: string; port: number; database: string; user: string; password: string }>;

type Request = Readonly<{
  server: SlotServer;
  slotPasswordKey: string;
  /** Who holds the snapshot's version. */
  holder: Session;
  id: string;
  version: string;
  restore: (target: RestoreTarget) => Promise<void>;
  mask: SqlFile;
  signal?: AbortSignal | undefined;
}>;

/**
 * Makes a snapshot's database of a dump: restored by `restore` into a database that only the templates' role is let into, masked there,
 * and sealed after that. A failure leaves nothing of it.
 *
 * @throws OperatorError what `restore` throws, `mask_failed`.
 */
export async function createSnapshotOfDump(request: Request): Promise<SnapshotFacts> {
  const { holder, id, version } = request;
  const database = snapshotDatabase(id);
  try {
    const facts = await fill(request, database);
    await sealSnapshot(holder, { database, version, ...facts });
    return facts;
  } catch (error) {
    await dropDatabase(holder, database);
    throw error;
  }
}

/** What a snapshot of a dump would hold, of a copy that is dropped again. */
export async function tryDump(request: Request): Promise<SnapshotFacts> {
  const database = snapshotCopy(request.id);
  try {
    return await fill(request, database);
  } finally {
    await dropDatabase(request.holder, database);
  }
}

async function fill(request: Request, database: string): Promise<SnapshotFacts> {
  const { server, holder, slotPasswordKey, mask, signal } = request;
  await dropDatabase(holder, database);
  await createForTemplateRole(server, holder, database);
  const password = rolePassword(slotPasswordKey, TEMPLATE_ROLE);
  await request.restore({ host: server.host, port: server.port, database, user: TEMPLATE_ROLE, password });
  signal?.throwIfAborted();
  await renewRuntimeSchema(server, { database, slotPasswordKey, migrations: await applied(request, database) });
  await maskDatabase(server, { database, slotPasswordKey, mask });
  signal?.throwIfAborted();
  return readSnapshot(server, { database, slotPasswordKey, signal });
}

async function applied({ server, slotPasswordKey }: Request, database: string) {
  await using session = await openAsTemplateRole(server, slotPasswordKey, database);
  return await appliedChecksums(session);
}
