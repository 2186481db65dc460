import { sql } from "kysely";
import { expect, test } from "vitest";
import { useControlStore } from "../../test/use-control-store.ts";
import { abandonSnapshot, beginSnapshot, type NewSnapshot } from "./begin-snapshot.ts";
import { completeSnapshot, dropSnapshot } from "./complete-snapshot.ts";
import { findSnapshot, listSnapshots, listUnfinishedSnapshots } from "./find-snapshot.ts";
import { listSnapshotTemplates, noteSnapshotTemplate } from "./snapshot-templates.ts";

const control = useControlStore({ slotCount: 1 });
const REFUSED = { code: "42501" };
const CONTENT = { contentFingerprint: "f".repeat(64), sizeBytes: 7_000_000, migrations: ["0001_items.sql"] };
const NEW: NewSnapshot = {
  version: "demo",
  sourceKind: "slot",
  source: "preview-1",
  maskedBy: null,
  createdBy: "host:uid=0",
};

async function begin(snapshot: NewSnapshot = NEW): Promise<string> {
  const begun = await beginSnapshot(control.db, snapshot);
  if (begun === undefined) throw new Error(`${snapshot.version} is taken`);
  return begun.snapshotId;
}

test("a snapshot is unfinished until its content is known, and listed from then on", async () => {
  const id = await begin();
  expect(await listSnapshots(control.db)).toEqual([]);
  expect(await listUnfinishedSnapshots(control.db)).toMatchObject([{ snapshotId: id, version: "demo" }]);
  await completeSnapshot(control.db, id, CONTENT);
  expect(await listUnfinishedSnapshots(control.db)).toEqual([]);
  expect(await listSnapshots(control.db)).toMatchObject([
    { snapshotId: id, source: "preview-1", maskedBy: null, ...CONTENT, sizeBytes: "7000000", droppedAt: null },
  ]);
});

test("what was left unfinished is taken over under its own id, and a complete version is never given again", async () => {
  const id = await begin();
  expect(await begin({ ...NEW, source: "preview-2" })).toBe(id);
  expect(await findSnapshot(control.db, "demo")).toMatchObject({ source: "preview-2" });
  await completeSnapshot(control.db, id, CONTENT);
  expect(await beginSnapshot(control.db, NEW)).toBeUndefined();
  expect(await dropSnapshot(control.db, id)).toBe(true);
  expect(await dropSnapshot(control.db, id)).toBe(false);
  expect(await beginSnapshot(control.db, NEW)).toBeUndefined();
  expect(await listSnapshots(control.db)).toEqual([]);
});

test("one that did not come to be is forgotten, and a complete one is not", async () => {
  const id = await begin();
  await abandonSnapshot(control.db, id);
  expect(await findSnapshot(control.db, "demo")).toBeUndefined();
  const next = await begin();
  await completeSnapshot(control.db, next, CONTENT);
  await abandonSnapshot(control.db, next);
  expect(await findSnapshot(control.db, "demo")).toMatchObject({ snapshotId: next });
});

test.each([
  "update db_snapshots set content_fingerprint = repeat('0', 64)",
  "update db_snapshots set version = 'other', dropped_at = now()",
  "delete from db_snapshots",
  "truncate db_snapshots cascade",
])("a complete snapshot stays what it was: %s", async (statement) => {
  await completeSnapshot(control.db, await begin(), CONTENT);
  await expect(sql.raw(statement).execute(control.db)).rejects.toMatchObject(REFUSED);
});

test("one of another database than a slot's is not written down without the script that masks it", async () => {
  const foreign = { ...NEW, sourceKind: "url", source: "db.example:5432/app" } as const;
  await expect(beginSnapshot(control.db, foreign)).rejects.toThrow("db_snapshots_masked");
  await begin({ ...foreign, maskedBy: "a".repeat(64) });
});

test("that a snapshot was made and dropped is in the audit log", async () => {
  const id = await begin();
  await completeSnapshot(control.db, id, CONTENT);
  await dropSnapshot(control.db, id);
  const rows = await control.db.selectFrom("audit_log").select(["action", "detail"]).orderBy("audit_id").execute();
  expect(rows).toMatchObject([
    { action: "snapshot_created", detail: { version: "demo", source: "preview-1", masked_by: null } },
    { action: "snapshot_dropped", detail: { version: "demo", snapshot_id: id } },
  ]);
});

test("the templates that were made from a snapshot are known by it, each once", async () => {
  const snapshotId = await begin();
  for (const templateHash of ["b".repeat(64), "a".repeat(64), "b".repeat(64)])
    await noteSnapshotTemplate(control.db, { snapshotId, templateHash });
  expect(await listSnapshotTemplates(control.db, snapshotId)).toEqual(["a".repeat(64), "b".repeat(64)]);
});
