import { recordDestructive } from "@oroboros/control-store";
import type { CommitSha } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";
import { findInMigrations } from "../guard/find-in-migrations.ts";
import { newMigrations } from "../guard/new-migrations.ts";
import type { PublishTask } from "./publish-task.ts";

/** Leaves what the commit's migrations would destroy, for whoever reviews it. It is information: what can not be found out fails nothing. */
export async function recordFindings(
  context: Context,
  { lease, attempt, signal }: PublishTask,
  commitSha: CommitSha,
): Promise<void> {
  try {
    const migrations = await newMigrations(context.source, commitSha);
    const findings = await findInMigrations(context, migrations, signal);
    await recordDestructive(context.store, { lease, report: { attempt, commit_sha: commitSha, ...findings } });
  } catch (error) {
    context.log.warn(
      { err: error, run_id: lease.runId, commit_sha: commitSha },
      "what the commit's migrations would destroy could not be recorded",
    );
  }
}
