import { expect, test } from "vitest";
import { apiServer, byPath, json, problem, type Answer } from "./testing/api-server.ts";
import { NOW, run, RUN } from "./testing/run-fixture.ts";
import { oneObject, runHere } from "./testing/run-here.ts";

const SHA = "1".repeat(40);
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
  destructive_statements: null,
  already: false,
};
const preview = {
  run_id: RUN,
  status: "needs_approval",
  slot_id: "preview-1",
  commit_sha: SHA,
  frontend_url: "http://127.0.0.1:3101",
  backend_url: "http://127.0.0.1:8101",
  preview_url: "http://127.0.0.1:3101",
  expires_at: NOW,
};

/** Each command, what it asks the api for, and the api's answer. */
const ACTIONS: [argv: string[], path: string, body: object | undefined, answer: object][] = [
  [["retry", RUN], "retry", undefined, run({ parent_run_id: RUN })],
  [["resume", RUN], "resume", undefined, run({ parent_run_id: RUN })],
  [["transition", RUN, "--to", "testing"], "transition", { to_status: "testing" }, run({ status: "testing" })],
  [
    ["transition", RUN, "--to", "failed", "--code", "CHECKS_FAILED"],
    "transition",
    { to_status: "failed", failure_reason_code: "CHECKS_FAILED" },
    run({ status: "failed" }),
  ],
  [
    ["expire", RUN, "--reason", "nobody came"],
    "expire",
    { reason: "nobody came" },
    run({ status: "expired", already: false }),
  ],
  [["extend", RUN, "--hours", "24"], "extend", { hours: 24 }, preview],
  [["approve", RUN], "approve", {}, approval],
  [
    ["approve", RUN, "--commit", SHA, "--reason", "fine", "--reviewer", "ada"],
    "approve",
    { commit_sha: SHA, reason: "fine", reviewer_id: "ada" },
    approval,
  ],
  [
    ["reject", RUN, "--reason", "the wrong blue"],
    "reject",
    { reason: "the wrong blue", failure_reason_code: "POLICY_REJECTED" },
    { ...approval, decision: "rejected", failure_reason_code: "POLICY_REJECTED" },
  ],
];

test.each(ACTIONS)("runs %j asks for it once and prints the answer", async (argv, path, body, answer) => {
  await using api = await apiServer(json(200, answer));
  const result = await runHere(["runs", ...argv], access(api.url));
  expect(oneObject(result.stdout)).toMatchObject({ ok: true, command: `runs ${argv[0]}`, ...answer });
  expect(api.requests.map(({ line }) => line)).toEqual([`POST /api/runs/${RUN}/${path}`]);
  const sent = api.requests[0]?.body ?? "";
  expect(sent === "" ? undefined : (JSON.parse(sent) as unknown)).toEqual(body);
  const shown = await runHere(["runs", ...argv], access(api.url), { isTerminal: true });
  expect(shown.stdout).toContain("run_id");
  expect(shown.exitCode).toBe(0);
});

const detail = (fields: object): object =>
  run({
    status: "needs_approval",
    commit_sha: SHA,
    lease: LEASE,
    artifacts: [],
    attempts: [],
    destructive_statements: null,
    ...fields,
  });
const LEASE = { lease_epoch: "1", expires_at: "2999-01-01T00:00:00.000Z", heartbeat_at: null };

/** An api of which a dry run reads; whatever would change something is answered with 500. */
const readOnly = (role: string, fields: object = {}): Answer =>
  byPath({
    "POST /api/session": json(200, { label: "me", role }),
    [`GET /api/runs/${RUN}`]: json(200, detail(fields)),
    [`GET /api/runs/${RUN}/approvals`]: json(200, { items: [], destructive_statements: null }),
    "GET /api/runs": json(200, { items: [], total: 0, limit: 200, offset: 0 }),
  });

const FORETOLD: [argv: string[], fields: object, plan: unknown][] = [
  [["retry", RUN], { status: "failed", failure_reason_code: "CHECKS_FAILED" }, "queue a new run"],
  [["resume", RUN], { status: "expired", failure_reason_code: "PREVIEW_EXPIRED" }, `exactly its commit, ${SHA}`],
  [["transition", RUN, "--to", "testing"], { status: "planning" }, "make it testing"],
  [
    ["transition", RUN, "--to", "failed", "--code", "CHECKS_FAILED"],
    { status: "planning" },
    "failed with CHECKS_FAILED",
  ],
  [["expire", RUN], {}, "expire it"],
  [["extend", RUN, "--hours", "24"], {}, "until 2999-01-02T00:00:00.000Z"],
  [["approve", RUN, "--commit", SHA], {}, `approve ${SHA}`],
  [["reject", RUN, "--reason", "the wrong blue"], {}, "fail it with POLICY_REJECTED"],
];

test.each(FORETOLD)(
  "runs %j with --dry-run says what would be done and changes nothing",
  async (argv, fields, plan) => {
    await using api = await apiServer(readOnly("operator", fields));
    const result = await runHere(["runs", ...argv, "--dry-run"], access(api.url));
    const answer = oneObject(result.stdout);
    expect(answer).toMatchObject({ ok: true, dry_run: true, run_id: RUN, already: false });
    expect(String(answer["plan"])).toContain(plan);
    expect(api.requests.every(({ line }) => line.startsWith("GET ") || line === "POST /api/session")).toBe(true);
  },
);

test.each(FORETOLD)("runs %j with --dry-run is refused with the code that the real call has", async (argv) => {
  await using queued = await apiServer(readOnly("operator", { status: "merging", lease: null }));
  const result = await runHere(["runs", ...argv, "--dry-run"], access(queued.url));
  expect(oneObject(result.stdout)).toMatchObject({
    ok: false,
    dry_run: true,
    plan: [],
    error: { code: "invalid_transition", message: expect.stringContaining("merging") },
  });
  expect(result.exitCode).toBe(3);
  await using unknown = await apiServer(
    byPath({
      "POST /api/session": json(200, { label: "me", role: "operator" }),
      [`GET /api/runs/${RUN}`]: problem(404, "run_not_found", "There is no such run."),
    }),
  );
  const missing = await runHere(["runs", ...argv, "--dry-run"], access(unknown.url));
  expect(oneObject(missing.stdout)).toMatchObject({ ok: false, dry_run: true, error: { code: "run_not_found" } });
  expect(missing.exitCode).toBe(1);
});

const BY_AGENTS = new Set(["retry", "resume", "transition"]);

test.each(FORETOLD)("runs %j with --dry-run is refused to a token that may not", async (argv, fields) => {
  const role = BY_AGENTS.has(argv[0] ?? "") ? "viewer" : "agent";
  await using api = await apiServer(readOnly(role, { ...fields, principal: "token:3:me" }));
  const result = await runHere(["runs", ...argv, "--dry-run"], access(api.url));
  expect(oneObject(result.stdout)).toMatchObject({
    ok: false,
    dry_run: true,
    error: { code: "role_required", message: expect.stringContaining(`the token "me" is ${role}`) },
  });
  expect(result.exitCode).toBe(3);
});

test("an agent's dry run tells the run that it created from another's", async () => {
  const retry = ["runs", "retry", RUN, "--dry-run"];
  await using own = await apiServer(readOnly("agent", { status: "failed", principal: "token:3:me" }));
  expect(oneObject((await runHere(retry, access(own.url))).stdout)).toMatchObject({ ok: true });
  await using others = await apiServer(readOnly("agent", { status: "failed", principal: "token:4:you" }));
  expect(oneObject((await runHere(retry, access(others.url))).stdout)).toMatchObject({
    error: { code: "role_required", message: expect.stringContaining("did not create") },
  });
});

test.each([
  [["transition", RUN], "--to"],
  [["transition", RUN, "--to", "failed"], "--code is missing"],
  [["transition", RUN, "--to", "testing", "--code", "CHECKS_FAILED"], "--code"],
  [["extend", RUN, "--hours", "0"], "hours"],
  [["extend", RUN, "--hours", "soon"], "hours"],
  [["approve", RUN, "--commit", "abc"], "full commit id"],
  [["reject", RUN], "--reason"],
  [["reject", RUN, "--reason", " "], "reason"],
  [["retry", "no-run"], "id of a run"],
])("runs %j is refused before anybody is asked", async (argv, named) => {
  await using api = await apiServer(json(200, {}));
  const result = await runHere(["runs", ...argv], access(api.url));
  expect(oneObject(result.stdout)).toMatchObject({ ok: false, error: { message: expect.stringContaining(named) } });
  expect(result.exitCode).toBe(2);
  expect(api.requests).toEqual([]);
});

test("a commit that changed under a reviewer's eyes is exit 5", async () => {
  await using api = await apiServer(problem(409, "commit_changed", "Its preview shows another commit."));
  const result = await runHere(["runs", "approve", RUN, "--commit", SHA], access(api.url));
  expect(oneObject(result.stdout)).toMatchObject({ ok: false, error: { code: "commit_changed" } });
  expect(result.exitCode).toBe(5);
});

test("a run is created with where it was asked for", async () => {
  await using api = await apiServer(json(201, run()));
  const context = ["--route", "/items", "--page-title", "Items", "--element-hint", "#save", "--note", "the left one"];
  const result = await runHere(["runs", "create", "--title", "t", ...context], access(api.url));
  expect(result.exitCode).toBe(0);
  expect(JSON.parse(api.requests[0]?.body ?? "")).toEqual({
    title: "t",
    prompt: "",
    route: "/items",
    page_title: "Items",
    element_hint: "#save",
    note: "the left one",
  });
});

test("a diff is shown without anything that could take over a terminal", async () => {
  const diff = {
    run_id: RUN,
    base_sha: SHA,
    commit_sha: SHA,
    files: [{ path: "web/\u001B]0;x\u0007.ts", status: "modified", additions: 2, deletions: 1 }],
    patch: "diff --git a/x b/x\n-\tone\n+\u001B[2Jtwo\n",
    truncated: false,
  };
  await using api = await apiServer(json(200, diff));
  expect(oneObject((await runHere(["runs", "diff", RUN], access(api.url))).stdout)).toMatchObject(diff);
  const { stdout } = await runHere(["runs", "diff", RUN], access(api.url), { isTerminal: true });
  expect(stdout).toContain("-    one\n");
  expect(stdout).not.toContain("\u001B[2J");
  expect(stdout).not.toContain("\u001B]0");
});

const CHECKS = {
  run_id: RUN,
  attempt: null,
  attempt_status: null,
  commit_sha: null,
  failure_message: null,
  live: null,
};

test("checks are a table, or the sentence that there are none", async () => {
  const item = {
    name: "checkout",
    attempt: 1,
    status: "passed",
    commit_sha: SHA,
    duration_ms: 43,
    artifact_uri: `artifact:${RUN}/a.jsonl`,
    message: null,
    finished_at: NOW,
  };
  await using some = await apiServer(json(200, { ...CHECKS, attempt: 1, attempt_status: "succeeded", items: [item] }));
  const shown = await runHere(["runs", "checks", RUN], access(some.url), { isTerminal: true });
  expect(shown.stdout).toMatch(/status\s+\S*\s+succeeded/);
  expect(shown.stdout).toMatch(/checkout\s+passed\s+43/);
  await using none = await apiServer(json(200, { ...CHECKS, items: [] }));
  const empty = await runHere(["runs", "checks", RUN], access(none.url), { isTerminal: true });
  expect(empty.stdout).toContain("Nothing of this run was checked yet.");
});

test("checks of a publish that failed before its first step tell why, and what the preview shows meanwhile", async () => {
  const failure_message = "The branch has no oroboros.app.json.";
  const failed = { ...CHECKS, attempt: 2, attempt_status: "failed", failure_message, items: [] };
  await using over = await apiServer(json(200, { ...failed, live: { attempt: 1, commit_sha: SHA } }));
  const { stdout } = await runHere(["runs", "checks", RUN], access(over.url), { isTerminal: true });
  for (const told of ["failed", failure_message, `publish 1, commit ${SHA}`, "No step of this publish has ended."])
    expect(stdout).toContain(told);
  await using first = await apiServer(json(200, { ...failed, attempt: 1 }));
  const none = await runHere(["runs", "checks", RUN], access(first.url), { isTerminal: true });
  expect(none.stdout).toMatch(/preview_shows\s*\S*\s+nothing/);
});
