import { asActor, inTransaction, type Actor } from "../transaction.ts";
import type { Store } from "../schema.ts";

/** As many as one row names; the log of who looked has all of them. */
const MOST_NAMED = 100;

interface NotedFinding {
  code: string;
  slot_id: string | null;
  subject: string;
}

/** Writes down in the audit log what an audit of the databases has found. */
export async function noteFindings(store: Store, findings: readonly NotedFinding[], actor?: Actor): Promise<void> {
  const named = findings.slice(0, MOST_NAMED).map(({ code, slot_id, subject }) => ({ code, slot_id, subject }));
  const detail = JSON.stringify({ count: findings.length, findings: named });
  const row = { action: "database_audit_failed", run_id: null, slot_id: null, detail };
  const write = (tx: Store): Promise<unknown> => tx.insertInto("audit_log").values(row).execute();
  await (actor === undefined ? inTransaction(store, write) : asActor(store, actor, write));
}
