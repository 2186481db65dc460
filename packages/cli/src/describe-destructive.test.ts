import type { DestructiveReport } from "@oroboros/slot-contract";
import { expect, test } from "vitest";
import { describeDestructive } from "./describe-destructive.ts";
import { paint } from "./table.ts";
import { apiServer, byPath, json } from "./testing/api-server.ts";
import { NOW, run, RUN } from "./testing/run-fixture.ts";
import { oneObject, runHere } from "./testing/run-here.ts";

const SHA = "1".repeat(40);
const REPORT = {
  commit_sha: SHA,
  attempt: 1,
  statements: [
    { file: "2.sql", line: 4, kind: "drop_column", object: "items.price", statement: "alter table items drop price" },
  ],
  not_analysed: [{ file: "3.sql", reason: "syntax error \u001b[31m" }],
} as unknown as DestructiveReport;
const SHOWN = [
  `migrations of ${SHA}:`,
  "DESTRUCTIVE  OBJECT       WHERE    STATEMENT",
  "drop column  items.price  2.sql:4  alter table items drop price",
  "not analysed: 3.sql: syntax error  [31m",
].join("\n");
const access = (url: string): Record<string, string> => ({ OROBOROS_API_URL: url, OROBOROS_TOKEN: "oro_a-token" });
const approval = {
  run_id: RUN,
  decision: "approved",
  commit_sha: SHA,
  reviewer_id: null,
  principal: "token:1:me",
  reason: null,
  failure_reason_code: null,
  created_at: NOW,
  already: false,
};
const detail = run({
  status: "needs_approval",
  commit_sha: SHA,
  lease: { lease_epoch: "1", expires_at: "2999-01-01T00:00:00.000Z", heartbeat_at: null },
  artifacts: [],
  attempts: [],
  destructive_statements: REPORT,
});

test("statements are a table and what was not analysed is named, with nothing that steers a terminal", () => {
  expect(describeDestructive(REPORT).map(paint.strip)).toEqual([SHOWN]);
});

test("where there is nothing to tell nothing is told", () => {
  expect([null, undefined, { statements: [], not_analysed: [] }].flatMap(describeDestructive)).toEqual([]);
});

test.each([
  ["show", []],
  ["approve", []],
  ["approve", ["--dry-run"]],
])("runs %s %j tells a person and a program what the migrations would destroy", async (command, options) => {
  await using api = await apiServer(
    byPath({
      "POST /api/session": json(200, { label: "me", role: "operator" }),
      [`GET /api/runs/${RUN}`]: json(200, detail),
      [`GET /api/runs/${RUN}/events`]: json(200, { items: [] }),
      [`GET /api/runs/${RUN}/approvals`]: json(200, { items: [], destructive_statements: REPORT }),
      [`POST /api/runs/${RUN}/approve`]: json(200, { ...approval, destructive_statements: REPORT }),
    }),
  );
  const argv = ["runs", command, RUN, ...options];
  const answer = oneObject((await runHere(argv, access(api.url))).stdout);
  expect(answer).toMatchObject({ ok: true, destructive_statements: REPORT });
  const shown = await runHere(argv, access(api.url), { isTerminal: true });
  expect(paint.strip(shown.stdout)).toContain(SHOWN);
});
