import type { CommitSha } from "@oroboros/slot-contract";
import { appendEvent } from "../events/append-event.ts";
import type { Store } from "../schema.ts";
import { inTransaction } from "../transaction.ts";
import { findRun } from "./find-run.ts";
import type { Run } from "./run.ts";

export interface NewRun {
  title: string;
  prompt: string;
  branch: string | null;
  commitSha: CommitSha | null;
  createdBy: string | null;
}

/** Queues a run; its row and its first event are one transaction. */
export async function createRun(store: Store, run: NewRun): Promise<Run> {
  return inTransaction(store, async (tx) => {
    const { run_id: runId } = await tx
      .insertInto("runs")
      .values({
        title: run.title,
        prompt: run.prompt,
        branch: run.branch,
        commit_sha: run.commitSha,
        created_by: run.createdBy,
      })
      .returning("run_id")
      .executeTakeFirstOrThrow();
    await appendEvent(tx, {
      runId,
      eventType: "run_created",
      detail: { branch: run.branch, commit_sha: run.commitSha },
    });
    const created = await findRun(tx, runId);
    if (created === undefined) throw new Error("a run that was just inserted can be read");
    return created;
  });
}
