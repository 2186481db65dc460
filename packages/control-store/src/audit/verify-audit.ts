import { OperatorError } from "@oroboros/slot-contract";
import { sql } from "kysely";
import type { Store } from "../schema.ts";
import { inTransaction } from "../transaction.ts";
import { auditHash } from "./audit-hash.ts";

export interface AuditReport {
  ok: boolean;
  rows: number;
  /** Hash of the last row; to be kept elsewhere, and given back as `expectHead` another day. */
  head_hash: string | null;
  /** The first place of the chain where something is wrong. */
  first_bad_seq: string | null;
  reason: string | null;
}

interface Finding {
  rows: number;
  head_hash: string | null;
  has_expected: boolean;
  first_bad_seq: string | null;
  reason: string | null;
}

/**
 * Recomputes the whole chain, and finds a row that was edited, inserted, deleted or moved; with `expectHead`, a hash that was the
 * head once, also rows that were cut off the end or a chain that was made anew. One statement, which calls nothing that is kept in
 * the database but PostgreSQL's own functions.
 */
export async function verifyAudit(store: Store, { expectHead }: { expectHead?: string } = {}): Promise<AuditReport> {
  const found = await inTransaction(store, async (tx) => {
    // Nobody's function of the same name, and an error rather than a policy that hides rows.
    await sql`set local search_path to pg_catalog`.execute(tx);
    await sql`set local row_security to off`.execute(tx);
    const { rows } = await findFirstBreak(expectHead ?? null).execute(tx);
    return rows[0] as Finding;
  });
  const { has_expected: hasExpected, ...report } = found;
  if (report.reason === null && expectHead !== undefined && !hasExpected) {
    return {
      ...report,
      ok: false,
      reason: `no row has the hash ${expectHead}: rows were cut off, or the chain was made anew`,
    };
  }
  return { ...report, ok: report.reason === null };
}

/** `audit_broken`, naming the place; undefined for a log that is whole. */
export function auditObjection(report: AuditReport): OperatorError | undefined {
  if (report.ok) return undefined;
  const place = report.first_bad_seq === null ? "" : ` at row ${report.first_bad_seq}`;
  return new OperatorError("audit_broken", `The audit log is not as it was written${place}: ${report.reason}.`, {
    hint: "Somebody with the database owner's rights changed it. Compare it with a backup: oroboros audit list --json",
  });
}

const findFirstBreak = (expectHead: string | null) => sql<Finding>`
  with chain as (
    select *, row_number() over in_order as place, lag(hash) over in_order as hash_before
    from public.audit_log window in_order as (order by seq nulls last, audit_id)
  ), judged as (
    select place, hash, case
      when seq is null then 'row ' || audit_id || ' was inserted without its place in the chain'
      when seq > place then 'rows before row ' || seq || ' are missing'
      when seq < place then 'the place ' || seq || ' is taken twice or before the start'
      when hash is distinct from ${auditHash(sql`seq`, sql`prev_hash`)} then 'its content and its hash do not belong together'
      when prev_hash is distinct from coalesce(hash_before, '') then 'it does not follow on the row before it'
    end as reason
    from chain
  ), first_break as (select place, reason from judged where reason is not null order by place limit 1)
  select
    (select count(*)::int from judged) as rows,
    (select hash from judged order by place desc limit 1) as head_hash,
    exists (select from judged where hash = ${expectHead}::text) as has_expected,
    (select place::text from first_break) as first_bad_seq,
    (select reason from first_break) as reason`;
