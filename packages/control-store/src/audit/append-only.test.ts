import { sql, type RawBuilder } from "kysely";
import { expect, onTestFinished, test } from "vitest";
import { useControlStore } from "../../test/use-control-store.ts";
import type { StoreTransaction } from "../schema.ts";

const control = useControlStore({ slotCount: 1 });
const { db } = control;

const CHAINED = sql`seq = 9, prev_hash = '', hash = repeat('0', 64)`;

/** Does something in a transaction whose audit row is chained once it commits: what is refused is so at once, not by the commit. */
async function afterWriting(act: (tx: StoreTransaction) => Promise<unknown>): Promise<unknown> {
  const tx = await db.startTransaction().execute();
  onTestFinished(() => tx.rollback().execute());
  await sql`insert into audit_log (action, detail) values ('slot_cleaned', '{}')`.execute(tx);
  return act(tx);
}

/** Changes something as a trigger does: only there a row may be given its place. */
async function withinTrigger(tx: StoreTransaction, change: RawBuilder<unknown>): Promise<void> {
  await sql`create function change_it() returns trigger language plpgsql as $$ begin ${change}; return null; end $$`.execute(
    tx,
  );
  await sql`create trigger changing after update on runs for each row execute function change_it()`.execute(tx);
  await sql`update runs set title = 'x'`.execute(tx);
}

test("an audit row is given its place in the chain by its own commit and by nobody else", async () => {
  const edit = sql`update audit_log set ${CHAINED} where seq is null`;
  await expect(afterWriting((tx) => edit.execute(tx))).rejects.toThrow("audit_log is append-only");
});

test("not even a trigger changes more of an audit row than its place", async () => {
  await control.queueRun();
  const edit = sql`update audit_log set action = 'x', ${CHAINED} where seq is null`;
  await expect(afterWriting((tx) => withinTrigger(tx, edit))).rejects.toThrow("audit_log is append-only");
});

test("not even a trigger gives an audit row another place than its first", async () => {
  await control.queueRun();
  const edit = sql`update audit_log set ${CHAINED} where seq = 1`;
  await expect(afterWriting((tx) => withinTrigger(tx, edit))).rejects.toThrow("audit_log is append-only");
});

test("not even a trigger changes more of an event than its id", async () => {
  await control.queueRun();
  const edit = sql`update run_events set detail = '{}'`;
  await expect(db.transaction().execute((tx) => withinTrigger(tx, edit))).rejects.toThrow("run_events is append-only");
});
