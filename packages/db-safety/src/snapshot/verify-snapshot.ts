import { snapshotCopy } from "@oroboros/slot-contract";
import { dropDatabase } from "../databases.ts";
import type { Session } from "../session.ts";
import type { SlotServer } from "../slot-server.ts";
import type { SnapshotSource } from "../template-source.ts";
import { copySnapshot, snapshotChanged } from "./copy-of-snapshot.ts";
import { readSnapshot } from "./seal-snapshot.ts";

/**
 * Takes the fingerprint of a snapshot anew, in a copy that is dropped again: the snapshot itself stays sealed.
 *
 * @throws OperatorError `snapshot_changed`, `snapshot_not_found`, `disk_full`.
 */
export async function verifySnapshot(
  holder: Session,
  { server, snapshot, slotPasswordKey }: { server: SlotServer; snapshot: SnapshotSource; slotPasswordKey: string },
): Promise<void> {
  const database = snapshotCopy(snapshot.id);
  await dropDatabase(holder, database);
  try {
    await copySnapshot(holder, { server, snapshot, to: database });
    const { contentFingerprint } = await readSnapshot(server, { database, slotPasswordKey });
    if (contentFingerprint !== snapshot.contentFingerprint)
      throw snapshotChanged(
        snapshot.version,
        `it holds ${contentFingerprint}, and held ${snapshot.contentFingerprint}`,
      );
  } finally {
    await dropDatabase(holder, database);
  }
}
