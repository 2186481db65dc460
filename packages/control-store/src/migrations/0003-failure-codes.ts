import { ENDING_CODES, FAILURE_CODES } from "@oroboros/slot-contract";
import { sql, type Kysely } from "kysely";
import { literals } from "./literals.ts";

/** A run can fail after its approval as well: in the merge, the push or the deploy. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await allowCodes(db, "runs", [...FAILURE_CODES, ...ENDING_CODES]);
  await allowCodes(db, "publish_attempts", FAILURE_CODES);
}

async function allowCodes(db: Kysely<unknown>, table: string, codes: readonly string[]): Promise<void> {
  const constraint = sql.ref(`${table}_failure_reason_code_check`);
  await sql`alter table ${sql.table(table)} drop constraint ${constraint}`.execute(db);
  await sql`
    alter table ${sql.table(table)} add constraint ${constraint}
      check (failure_reason_code in (${literals(codes)}))`.execute(db);
}
