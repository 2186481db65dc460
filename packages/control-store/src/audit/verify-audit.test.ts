import { randomBytes } from "node:crypto";
import { sql, type RawBuilder } from "kysely";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { useControlStore } from "../../test/use-control-store.ts";
import { transitionRun } from "../runs/transition-run.ts";
import { asActor } from "../transaction.ts";
import { listAudit } from "./list-audit.ts";
import { auditObjection, verifyAudit } from "./verify-audit.ts";

const control = useControlStore({ slotCount: 1 });
const { db } = control;

beforeEach(async () => {
  for (const title of ["one", "two", "three"]) await control.queueRun(title);
});

test("every event of a run but its steps is a row of the chain, with who was authenticated and for which request", async () => {
  const { runId } = await control.queueRun();
  await asActor(db, { principal: "token:7:ci", traceId: "trace-1" }, (tx) =>
    transitionRun(tx, { runId, to: "canceled", reasonCode: "AGENT_CANCELED" }),
  );
  await sql`insert into run_events (run_id, event_type, detail) values (${runId}, 'step_started', '{}')`.execute(db);
  expect(await listAudit(db, { limit: 10, runId })).toMatchObject([
    { seq: "4", action: "run_created", principal: "postgres", traceId: null },
    { seq: "5", action: "run_transitioned", principal: "token:7:ci", traceId: "trace-1", detail: { to: "canceled" } },
  ]);
  const head = (await listAudit(db, { limit: 1 }))[0]?.hash;
  expect(await verifyAudit(db)).toEqual({ ok: true, rows: 5, head_hash: head, first_bad_seq: null, reason: null });
});

test("an empty log is whole", async () => {
  await asIntruder(sql`delete from audit_log`);
  expect(await verifyAudit(db)).toMatchObject({ ok: true, rows: 0, head_hash: null });
});

test.each<[column: string, value: RawBuilder<unknown>]>([
  ["audit_id", sql`default`],
  ["created_at", sql`created_at + interval '1 microsecond'`],
  ["created_at", sql`(created_at::text || ' BC')::timestamptz`],
  ["principal", sql`'somebody else'`],
  ["trace_id", sql`''`],
  ["action", sql`'run_approved'`],
  ["run_id", sql`null`],
  ["slot_id", sql`'preview-1'`],
  ["detail", sql`detail || '{"more": 1}'`],
  ["prev_hash", sql`repeat('0', 64)`],
  ["hash", sql`repeat('0', 64)`],
])("a row whose %s was edited is found", async (column, value) => {
  await asIntruder(sql`update audit_log set ${sql.ref(column)} = ${value} where seq = 2`);
  expect(await verifyAudit(db)).toMatchObject({ ok: false, rows: 3, first_bad_seq: "2" });
});

test.each<[what: string, badSeq: string, change: RawBuilder<unknown>]>([
  ["the first row gone", "1", sql`delete from audit_log where seq = 1`],
  ["a row gone", "2", sql`delete from audit_log where seq = 2`],
  [
    "a row gone and the rest moved up",
    "2",
    sql`with gone as (delete from audit_log where seq = 2)
    update audit_log set seq = 12 where seq = 3`,
  ],
  [
    "two rows in each other's place",
    "1",
    sql`with b as (select * from audit_log)
    update audit_log a set created_at = b.created_at, run_id = b.run_id, action = b.action, detail = b.detail
    from b where a.seq + b.seq = 3`,
  ],
  [
    "two rows with each other's hashes",
    "1",
    sql`with b as (select * from audit_log)
    update audit_log a set prev_hash = b.prev_hash, hash = b.hash from b where a.seq + b.seq = 3`,
  ],
  [
    "a row appended with a hash of its own",
    "4",
    sql`insert into audit_log (action, detail, seq, prev_hash, hash)
    select 'run_approved', '{}', 4, hash, repeat('a', 64) from audit_log where seq = 3`,
  ],
  [
    "a row appended with the hash of another",
    "4",
    sql`insert into audit_log (action, detail, seq, prev_hash, hash)
    select 'run_approved', '{}', 4, hash, hash from audit_log where seq = 3`,
  ],
  ["a row appended without a hash", "4", sql`insert into audit_log (action, detail) values ('run_approved', '{}')`],
  [
    "a row before the first",
    "1",
    sql`insert into audit_log (action, detail, seq, prev_hash, hash)
    values ('run_approved', '{}', 0, '', repeat('a', 64))`,
  ],
])("a log with %s is not whole", async (_what, badSeq, change) => {
  await asIntruder(change);
  const report = await verifyAudit(db);
  expect(report).toMatchObject({ ok: false, first_bad_seq: badSeq, reason: expect.stringMatching(/\w/) });
  expect(auditObjection(report)).toMatchObject({
    code: "audit_broken",
    message: expect.stringContaining(`row ${badSeq}`),
  });
});

test("rows cut off the end are found by whoever kept the hash of the head", async () => {
  const { head_hash: head } = await verifyAudit(db);
  await control.queueRun("later");
  expect(await verifyAudit(db, { expectHead: head! })).toMatchObject({ ok: true });
  await asIntruder(sql`delete from audit_log where seq >= 3`);
  expect(await verifyAudit(db)).toMatchObject({ ok: true, rows: 2 });
  expect(await verifyAudit(db, { expectHead: head! })).toMatchObject({
    ok: false,
    reason: expect.stringContaining(head!),
  });
});

test("a function that somebody put before PostgreSQL's own does not change the verdict", async () => {
  await asIntruder(sql`update audit_log set principal = 'somebody else' where seq = 2`);
  await sql`create function public.encode(bytea, text) returns text language sql
    as $$ select hash from public.audit_log where seq = 2 $$`.execute(db);
  const verdict = await db.transaction().execute(async (tx) => {
    await sql`set local search_path to public, pg_catalog`.execute(tx);
    return verifyAudit(tx);
  });
  expect(verdict).toMatchObject({ ok: false, first_bad_seq: "2" });
});

test("a policy that hides rows from whoever verifies is an error, not a shorter log", async () => {
  const role = `audit_reader_${randomBytes(6).toString("hex")}`;
  await sql`create role ${sql.id(role)}`.execute(db);
  onTestFinished(async () => void (await sql`drop owned by ${sql.id(role)}; drop role ${sql.id(role)}`.execute(db)));
  await sql`grant usage on schema public to ${sql.id(role)}`.execute(db);
  await sql`grant select on audit_log to ${sql.id(role)}`.execute(db);
  const verifyAsReader = () =>
    db.transaction().execute(async (tx) => {
      await sql`set local role ${sql.id(role)}`.execute(tx);
      return verifyAudit(tx);
    });
  expect(await verifyAsReader()).toMatchObject({ ok: true, rows: 3 });
  onTestFinished(async () => {
    await sql`drop policy if exists shorter on audit_log`.execute(db);
    await sql`alter table audit_log disable row level security`.execute(db);
  });
  await sql`alter table audit_log enable row level security`.execute(db);
  await sql`create policy shorter on audit_log using (seq < 3)`.execute(db);
  await expect(verifyAsReader()).rejects.toThrow("row-level security");
});

test.each([
  sql`update audit_log set detail = '{}'`,
  sql`delete from audit_log`,
  sql`truncate audit_log`,
  sql`insert into audit_log (action, detail, seq, prev_hash, hash) values ('run_approved', '{}', 9, '', repeat('a', 64))`,
  sql`with written as (insert into audit_log (action, detail) values ('a', '{}') returning audit_id)
    update audit_log set detail = '{}' from written where audit_log.audit_id = written.audit_id or seq = 1`,
])("not even the owner of the table changes it without switching its guards off", async (change) => {
  await expect(change.execute(db)).rejects.toMatchObject({ code: expect.stringMatching(/^(42501|55000)$/) });
  expect(await verifyAudit(db)).toMatchObject({ ok: true, rows: 3 });
});

test("a row that waits for its commit can not be edited under the cover of being chained", async () => {
  const tx = await db.startTransaction().execute();
  await sql`insert into audit_log (action, detail) values ('slot_cleaned', '{}')`.execute(tx);
  const edit = sql`update audit_log set action = 'x', seq = 9, prev_hash = '', hash = 'x' where seq is null`.execute(
    tx,
  );
  await expect(edit).rejects.toThrow("append-only");
  await tx.rollback().execute();
});

test("what was rolled back leaves no gap, be it a transaction or a part of one", async () => {
  const write = (action: string) => sql`insert into audit_log (action, detail) values (${action}, '{}')`;
  await db
    .transaction()
    .execute(async (tx) => {
      await write("lost").execute(tx);
      await sql`set constraints all immediate`.execute(tx);
      throw new Error("rolled back");
    })
    .catch(() => undefined);
  await db.transaction().execute(async (tx) => {
    await write("first").execute(tx);
    await sql`savepoint here`.execute(tx);
    await write("lost").execute(tx);
    await sql`rollback to savepoint here`.execute(tx);
    await write("second").execute(tx);
  });
  expect((await listAudit(db, { limit: 2 })).map(({ seq, action }) => [seq, action])).toEqual([
    ["4", "first"],
    ["5", "second"],
  ]);
  expect(await verifyAudit(db)).toMatchObject({ ok: true, rows: 5 });
});

/** What whoever is superuser of the database can do: no trigger fires. */
async function asIntruder(change: RawBuilder<unknown>): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await sql`set local session_replication_role = replica`.execute(tx);
    await change.execute(tx);
  });
}
