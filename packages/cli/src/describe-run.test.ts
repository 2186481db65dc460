import { RUN_STATES, type ApprovalView, type CommitSha, type RunDetail, type RunId } from "@oroboros/slot-contract";
import { expect, test } from "vitest";
import { COMMANDS } from "./command-table.ts";
import { describeRun } from "./describe-run.ts";
import { nextStep } from "./next-step.ts";
import { relativeTime } from "./relative-time.ts";
import { paint } from "./table.ts";
import { apiServer, byPath, json } from "./testing/api-server.ts";
import { run, RUN } from "./testing/run-fixture.ts";
import { oneObject, runHere } from "./testing/run-here.ts";

const SHA = "1".repeat(40) as CommitSha;
const NOW = new Date("2026-11-20T12:00:00.000Z");
const LEASE = { lease_epoch: "1", expires_at: "2026-11-22T14:30:00.000Z", heartbeat_at: null };
const APPROVAL = {
  run_id: RUN as RunId,
  decision: "approved",
  commit_sha: SHA,
  reviewer_id: "ada",
  principal: "token:1:me",
  reason: null,
  failure_reason_code: null,
  created_at: NOW.toISOString(),
  destructive_statements: null,
} satisfies ApprovalView;
const detail = (fields: object): RunDetail =>
  run({
    commit_sha: SHA,
    lease: null,
    artifacts: [],
    attempts: [],
    destructive_statements: null,
    ...fields,
  }) as RunDetail;

test.each([
  [1_000, "in 1 s"],
  [90_000, "in 1 min 30 s"],
  [3_600_000, "in 1 h"],
  [72 * 3_600_000, "in 3 d"],
  [50.5 * 3_600_000, "in 2 d 2 h"],
  [-125_000, "2 min 5 s ago"],
  [0, "now"],
])("%i ms away is %s", (ms, text) => {
  expect(relativeTime(new Date(NOW.getTime() + ms), NOW)).toBe(text);
});

test("a preview under review says until when it keeps its slot, who decided on it and what comes next", () => {
  const reviewed = detail({ status: "approved", lease: LEASE, frontend_url: "http://127.0.0.1:3101" });
  const text = paint.strip(describeRun(reviewed, { approvals: [APPROVAL], now: NOW }));
  expect(text).toMatch(/^slot_until +2026-11-22T14:30:00.000Z \(in 2 d 2 h\)$/m);
  expect(text).toMatch(new RegExp(`^decision +approved by token:1:me \\(ada\\) at 2026-11-20T.*, commit ${SHA}$`, "m"));
  expect(text).toMatch(/^next +.*oroboros runs extend/m);
});

test("a queued run says its position", () => {
  const text = paint.strip(describeRun(detail({ queue_position: 2 }), { approvals: [], now: NOW }));
  expect(text).toMatch(/^queue_position +2$/m);
  expect(text).not.toMatch(/slot_until|decision/);
});

test.each(RUN_STATES.filter((status) => status !== "merged"))(
  "%s: what to type next is a command there is",
  (status) => {
    const next = nextStep(detail({ status, frontend_url: "http://127.0.0.1:3101" })) ?? "";
    const named = [...next.matchAll(/oroboros (\w+ \w+)/g)].map(([, name]) => name);
    expect(named.length).toBeGreaterThan(0);
    for (const name of named) expect(COMMANDS.map((spec) => spec.name)).toContain(name);
    expect(next).toContain(RUN);
  },
);

test("what failed by its time is resumed, and what is being published is not approved", () => {
  expect(nextStep(detail({ status: "failed", failure_reason_code: "AGENT_TIMEOUT" }))).toContain("runs resume");
  expect(nextStep(detail({ status: "failed", failure_reason_code: "CHECKS_FAILED" }))).toContain("runs retry");
  expect(nextStep(detail({ status: "needs_approval" }))).toContain(`--commit ${SHA}`);
  expect(nextStep(detail({ status: "needs_approval", attempts: [{ status: "running" }] }))).not.toContain("approve");
  expect(nextStep(detail({ status: "merged" }))).toBeNull();
});

test("runs show tells it on a terminal and in its object", async () => {
  await using api = await apiServer(
    byPath({
      [`GET /api/runs/${RUN}`]: json(200, detail({ status: "needs_approval", lease: LEASE })),
      [`GET /api/runs/${RUN}/events`]: json(200, { items: [] }),
      [`GET /api/runs/${RUN}/approvals`]: json(200, {
        items: [{ ...APPROVAL, decision: "voided" }],
        destructive_statements: null,
      }),
    }),
  );
  const environment = { OROBOROS_API_URL: api.url, OROBOROS_TOKEN: "t", NO_COLOR: "1" };
  const { stdout } = await runHere(["runs", "show", RUN], environment, { isTerminal: true });
  expect(stdout).toMatch(/^slot_until +2026-11-22/m);
  expect(stdout).toMatch(/^decision +voided by token:1:me/m);
  expect(oneObject((await runHere(["runs", "show", RUN], environment)).stdout)).toMatchObject({
    next: expect.stringContaining("oroboros runs approve"),
    approvals: [{ decision: "voided" }],
  });
});
