import type { CommitSha } from "@oroboros/slot-contract";
import { sql, type RawBuilder } from "kysely";
import { expect, test } from "vitest";
import { commit, liveRun } from "../../test/live-run.ts";
import { useControlStore } from "../../test/use-control-store.ts";
import { listApprovals } from "./approval.ts";
import { recordDecision } from "./record-decision.ts";

const control = useControlStore({ slotCount: 1 });
const { db } = control;

test.each<[string, RawBuilder<unknown>]>([
  ["updated", sql`update run_approvals set decision = 'approved'`],
  ["deleted", sql`delete from run_approvals`],
  ["truncated", sql`truncate run_approvals`],
])("a decision is not %s, not even by the owner of the table", async (_how, change) => {
  const { runId } = await liveRun(control);
  await db.transaction().execute((tx) => recordDecision(tx, { runId, decision: "rejected", commitSha: commit("1") }));
  await expect(change.execute(db)).rejects.toThrow("run_approvals is append-only");
  expect(await listApprovals(db, runId)).toMatchObject([{ decision: "rejected" }]);
});

test.each(["main", "1".repeat(39), "A".repeat(40), `${"1".repeat(40)}\n`])(
  "a decision is of a whole commit, and not of %j",
  async (name) => {
    const { runId } = await liveRun(control);
    const decide = db
      .transaction()
      .execute((tx) => recordDecision(tx, { runId, decision: "approved", commitSha: name as CommitSha }));
    await expect(decide).rejects.toThrow("run_approvals_commit_sha_check");
  },
);
