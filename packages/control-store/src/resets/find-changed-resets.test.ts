import { sql, type RawBuilder } from "kysely";
import { beforeEach, expect, test } from "vitest";
import type { LeaseEpoch } from "@oroboros/slot-contract";
import { useControlStore } from "../../test/use-control-store.ts";
import { listAudit } from "../audit/list-audit.ts";
import { verifyAudit } from "../audit/verify-audit.ts";
import { findChangedResets } from "./find-changed-resets.ts";
import { findProvenance } from "./find-provenance.ts";
import { recordReset } from "./record-reset.ts";

const control = useControlStore({ slotCount: 2 });
const { db } = control;

const reset = (leaseEpoch: string, fields: Partial<Parameters<typeof recordReset>[1]> = {}): Promise<void> =>
  recordReset(db, {
    runId: null,
    slotId: control.slots[0]!,
    dbName: "app_preview_1",
    strategy: "seed",
    seedVersion: "v1",
    snapshotVersion: null,
    resetStatus: "succeeded",
    leaseEpoch: leaseEpoch as LeaseEpoch,
    details: { database_oid: `1000${leaseEpoch}`, template_hash: "a".repeat(64), duration_ms: 8.5 },
    ...fields,
  });

/** What whoever is superuser of the database can do: no trigger fires. */
const asIntruder = (change: RawBuilder<unknown>): Promise<unknown> =>
  db.transaction().execute(async (tx) => {
    await sql`set local session_replication_role = replica`.execute(tx);
    await change.execute(tx);
  });

beforeEach(async () => {
  for (const epoch of ["1", "2", "3"]) await reset(epoch);
});

test("every reset is a row of the audit log as well, the failed ones too", async () => {
  await reset("4", { resetStatus: "failed", details: { code: "stale_lease" } });
  expect(
    (await listAudit(db, { limit: 2 })).map(({ action, slotId, detail }) => [action, slotId, detail]),
  ).toMatchObject([
    ["database_reset", "preview-1", { reset_id: 3, lease_epoch: 3, seed_version: "v1", reset_status: "succeeded" }],
    ["database_reset", "preview-1", { reset_id: 4, reset_status: "failed", details: { code: "stale_lease" } }],
  ]);
  expect(await verifyAudit(db)).toMatchObject({ ok: true, rows: 4 });
  expect(await findChangedResets(db)).toEqual([]);
});

test("the rows compare alike in a session with other settings", async () => {
  await db.transaction().execute(async (tx) => {
    for (const setting of ["timezone = 'Asia/Tokyo'", "datestyle = 'German'", "extra_float_digits = -3"])
      await sql`set local ${sql.raw(setting)}`.execute(tx);
    expect(await findChangedResets(tx)).toEqual([]);
  });
});

test.each([
  "update preview_db_resets set seed_version = 'v2'",
  "delete from preview_db_resets",
  "truncate preview_db_resets",
])("%s is refused, to the tables' owner too", async (change) => {
  await expect(sql.raw(change).execute(db)).rejects.toThrow("preview_db_resets is append-only");
});

test.each([
  ["seed_version = 'v2'"],
  ["details = jsonb_set(details, '{content_fingerprint}', '\"b\"')"],
  ["lease_epoch = 9"],
  ["reset_status = 'failed'"],
  ["run_id = null, db_name = 'app_preview_2'"],
  ["created_at = created_at - interval '1 second'"],
])("a row of which somebody changed %s is found", async (change) => {
  await asIntruder(sql`update preview_db_resets set ${sql.raw(change)} where reset_id = 2`);
  expect(await findChangedResets(db)).toEqual([{ resetId: "2", slotId: "preview-1", change: "edited" }]);
});

test("a row that was taken out is found, and one that was put in", async () => {
  await asIntruder(sql`delete from preview_db_resets where reset_id = 2`);
  await asIntruder(sql`
    insert into preview_db_resets (slot_id, db_name, strategy, reset_status, lease_epoch, details)
    values ('preview-2', 'app_preview_2', 'seed', 'succeeded', 4, '{}')`);
  expect(await findChangedResets(db)).toEqual([
    { resetId: "4", slotId: "preview-2", change: "inserted" },
    { resetId: "2", slotId: "preview-1", change: "removed" },
  ]);
});

test("the provenance of a slot is its last reset that succeeded, and those that made the databases in question", async () => {
  await reset("4", { resetStatus: "failed", details: { database_oid: "10002" } });
  await reset("5", { slotId: control.slots[1]! });
  const found = await findProvenance(db, { slotId: control.slots[0]!, databaseOids: ["10001", "10002", "9"] });
  expect(found.newest).toMatchObject({ leaseEpoch: "3" });
  expect(found.ofDatabases.map(({ leaseEpoch }) => leaseEpoch)).toEqual(["2", "1"]);
  expect(await findProvenance(db, { slotId: control.slots[1]!, databaseOids: [] })).toMatchObject({ ofDatabases: [] });
});
