import type { CommitSha, RunId } from "@oroboros/slot-contract";
import { appendEvent } from "../events/append-event.ts";
import type { Store } from "../schema.ts";
import { actingPrincipal, inTransaction } from "../transaction.ts";
import { findRun } from "./find-run.ts";
import type { Run } from "./run.ts";

/** Where in an application a run was asked for. */
export interface RunContext {
  route?: string | null | undefined;
  pageTitle?: string | null | undefined;
  elementHint?: string | null | undefined;
  note?: string | null | undefined;
  metadata?: Record<string, unknown> | null | undefined;
}

export interface NewRun extends RunContext {
  title: string;
  prompt: string;
  branch: string | null;
  commitSha: CommitSha | null;
  createdBy: string | null;
  /** The run that this one tries again. */
  parentRunId?: RunId;
}

/** Queues a run; its row, which names the transaction's actor, and its first event are one transaction. */
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
        principal: actingPrincipal,
        parent_run_id: run.parentRunId ?? null,
        route: run.route ?? null,
        page_title: run.pageTitle ?? null,
        element_hint: run.elementHint ?? null,
        note: run.note ?? null,
        metadata: run.metadata === undefined || run.metadata === null ? null : JSON.stringify(run.metadata),
      })
      .returning("run_id")
      .executeTakeFirstOrThrow();
    const asked = { branch: run.branch, commit_sha: run.commitSha };
    const detail = run.parentRunId === undefined ? asked : { ...asked, parent_run_id: run.parentRunId };
    await appendEvent(tx, { runId, eventType: "run_created", detail });
    const created = await findRun(tx, runId);
    if (created === undefined) throw new Error("a run that was just inserted can be read");
    return created;
  });
}
