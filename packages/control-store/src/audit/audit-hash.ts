import { sql, type RawBuilder } from "kysely";

/**
 * The hash of an audit row at a place of the chain. The trigger that chains and the statement that verifies share this text; rows
 * that were chained once hold it for ever, so that it never changes. `jsonb` has one text for one value, and the seconds since
 * 1970 one number for one instant, in whatever session.
 */
export const auditHash = (seq: RawBuilder<unknown>, prevHash: RawBuilder<unknown>): RawBuilder<string> => sql<string>`
  encode(sha256(convert_to(jsonb_build_array(${seq}, ${prevHash}, audit_id, extract(epoch from created_at),
    principal, trace_id, action, run_id, slot_id, detail)::text, 'UTF8')), 'hex')`;
