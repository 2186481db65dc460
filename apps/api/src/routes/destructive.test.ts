import { listAttempts, recordDestructive, requestAttempt } from "@oroboros/control-store";
import {
  approvalListSchema,
  decisionSchema,
  runDetailSchema,
  type DestructiveReport,
  type RunId,
} from "@oroboros/slot-contract";
import { afterEach, expect, test } from "vitest";
import { aReviewedRun, commit, LIVE, publishedAgain } from "../testing/reviewed-run.ts";
import { useApi, type Answer } from "../testing/use-api.ts";

const api = useApi();
afterEach(() => api.clear());

const report = (attempt: number, file: string): DestructiveReport => ({
  attempt,
  commit_sha: commit(String(attempt)),
  statements: [{ file, line: 1, kind: "drop_table", object: "items", statement: "drop table items <b>" }],
  not_analysed: [{ file: `${file}.broken`, reason: "syntax error" }],
});
const FIRST = report(1, "first.sql");
const SECOND = report(2, "second.sql");

const get = (path: string): Promise<Answer> => api.call(path, { as: "viewer" });
const shown = async (runId: RunId) =>
  runDetailSchema.parse((await get(`/api/runs/${runId}`)).body).destructive_statements;

async function note(runId: RunId, found: DestructiveReport): Promise<void> {
  await api.store
    .updateTable("publish_attempts")
    .set({ destructive: JSON.stringify(found) })
    .where("run_id", "=", runId)
    .where("attempt", "=", found.attempt)
    .execute();
}

test("a run shows what its newest publish found, once one has looked", async () => {
  const lease = await aReviewedRun(api.store);
  const { runId } = lease;
  expect(await shown(runId)).toBeNull();
  await note(runId, FIRST);
  expect(await shown(runId)).toEqual(FIRST);
  await requestAttempt(api.store, { runId, commitSha: commit("2") });
  expect(await shown(runId)).toEqual(FIRST);
  await publishedAgain(api.store, lease, commit("2"));
  expect(await shown(runId)).toBeNull();
  await note(runId, SECOND);
  expect(await shown(runId)).toEqual(SECOND);
});

test("an approval carries what the migrations of the approved commit would destroy, also after the next publish", async () => {
  const lease = await aReviewedRun(api.store);
  const { runId } = lease;
  await note(runId, FIRST);
  const { body } = await api.call(`/api/runs/${runId}/approve`, { method: "POST", body: {}, as: "operator" });
  expect(decisionSchema.parse(body)).toMatchObject({ commit_sha: LIVE, destructive_statements: FIRST });
  await publishedAgain(api.store, lease, commit("2"));
  await note(runId, SECOND);
  const approvals = approvalListSchema.parse((await get(`/api/runs/${runId}/approvals`)).body);
  expect(approvals.items[0]).toMatchObject({ decision: "approved", destructive_statements: FIRST });
  expect(approvals.destructive_statements).toEqual(SECOND);
});

test("what an approval would be of is what the preview shows, whatever a failed publish after it found", async () => {
  const lease = await aReviewedRun(api.store);
  const { runId } = lease;
  await note(runId, FIRST);
  await publishedAgain(api.store, lease, commit("2"));
  await note(runId, SECOND);
  await api.store
    .updateTable("publish_attempts")
    .set({ status: "failed", live: null, failure_reason_code: "CHECKS_FAILED" })
    .where("run_id", "=", runId)
    .where("attempt", "=", 2)
    .execute();
  const approvals = approvalListSchema.parse((await get(`/api/runs/${runId}/approvals`)).body);
  expect([approvals.destructive_statements, await shown(runId)]).toEqual([FIRST, SECOND]);
});

test("a rejection carries it too, and a decision on what nobody has looked at says so", async () => {
  const [looked, unseen] = [await aReviewedRun(api.store), await aReviewedRun(api.store)];
  await note(looked.runId, FIRST);
  const reject = { method: "POST", body: { reason: "it drops the items" }, as: "operator" } as const;
  const [first, second] = [
    await api.call(`/api/runs/${looked.runId}/reject`, reject),
    await api.call(`/api/runs/${unseen.runId}/reject`, reject),
  ];
  expect(decisionSchema.parse(first.body).destructive_statements).toEqual(FIRST);
  expect(decisionSchema.parse(second.body).destructive_statements).toBeNull();
});

test("the operator's page lists them as text", async () => {
  const { runId } = await aReviewedRun(api.store);
  const page = async (): Promise<string> => (await get(`/ui/runs/${runId}`)).text;
  expect(await page()).not.toContain("Destructive statements");
  await note(runId, FIRST);
  const listed = await page();
  expect(listed).toContain("Destructive statements");
  expect(listed).toContain("<strong>drop table</strong> items, in first.sql line 1");
  expect(listed).toContain("drop table items &lt;b&gt;");
  expect(listed).toContain("<strong>not analysed</strong> first.sql.broken: syntax error");
});

test("a publish that is over notes nothing more", async () => {
  const lease = await aReviewedRun(api.store);
  await recordDestructive(api.store, { lease, report: FIRST });
  expect((await listAttempts(api.store, lease.runId))[0]?.destructive).toBeNull();
});
