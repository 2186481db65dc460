import { sql, type Kysely } from "kysely";
import { expect, test } from "vitest";
import { useControlStore } from "../../test/use-control-store.ts";
import { up } from "./0003-failure-codes.ts";

const control = useControlStore({ slotCount: 1 });

test("a database of the first release learns the reason codes of a deploy", async () => {
  const { runId } = await control.queueRun();
  const fail = () =>
    sql`update runs set status = 'failed', failure_reason_code = 'MERGE_CONFLICT' where run_id = ${runId}`;
  await sql`alter table runs drop constraint runs_failure_reason_code_check`.execute(control.db);
  await sql`
    alter table runs add constraint runs_failure_reason_code_check
      check (failure_reason_code in ('CHECKS_FAILED', 'UNKNOWN_ERROR'))`.execute(control.db);
  await expect(fail().execute(control.db)).rejects.toMatchObject({ constraint: "runs_failure_reason_code_check" });
  await up(control.db as unknown as Kysely<unknown>);
  await expect(fail().execute(control.db)).resolves.toMatchObject({ numAffectedRows: 1n });
});
