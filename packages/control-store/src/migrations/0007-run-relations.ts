import { ARTIFACT_TYPES, RUN_STATES, isTerminal } from "@oroboros/slot-contract";
import { sql, type Kysely } from "kysely";
import { literals } from "./literals.ts";

/** A run is tried again by one live run at a time; and a publish leaves what its commit changes. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create unique index runs_one_live_child on runs (parent_run_id)
      where parent_run_id is not null and status not in (${literals(RUN_STATES.filter(isTerminal))})`.execute(db);
  await sql`alter table run_artifacts drop constraint run_artifacts_artifact_type_check`.execute(db);
  await sql`
    alter table run_artifacts add constraint run_artifacts_artifact_type_check
      check (artifact_type in (${literals(ARTIFACT_TYPES)}))`.execute(db);
}
