import type { Store } from "../schema.ts";

/** Writes down that a template is about to be made from a snapshot: it goes with it. */
export async function noteSnapshotTemplate(
  store: Store,
  { snapshotId, templateHash }: { snapshotId: string; templateHash: string },
): Promise<void> {
  await store
    .insertInto("db_snapshot_templates")
    .values({ snapshot_id: snapshotId, template_hash: templateHash })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

export async function listSnapshotTemplates(store: Store, snapshotId: string): Promise<string[]> {
  const rows = await store
    .selectFrom("db_snapshot_templates")
    .select("template_hash as hash")
    .where("snapshot_id", "=", snapshotId)
    .orderBy("template_hash")
    .execute();
  return rows.map(({ hash }) => hash);
}
