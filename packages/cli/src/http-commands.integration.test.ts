import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { serializeEnvFile } from "@oroboros/slot-contract";
import { freePort, withTempDir } from "@oroboros/test-support";
import { expect, test } from "vitest";
import { apiServer, byPath, json, problem, type Answer } from "./testing/api-server.ts";
import { NOW, run, RUN } from "./testing/run-fixture.ts";
import { oneObject, runHere } from "./testing/run-here.ts";
import { runProcess } from "./testing/run-process.ts";

const TOKEN = "oro_a-token-nobody-may-see";
const access = (url: string): Record<string, string> => ({ OROBOROS_API_URL: url, OROBOROS_TOKEN: TOKEN });

test("a run is created with the fields that were given, under the token", async () => {
  await using api = await apiServer(json(201, run()));
  const result = await runHere(["runs", "create", "--title", "t", "--branch", "feature/priorities"], access(api.url));
  expect(oneObject(result.stdout)).toMatchObject({ ok: true, command: "runs create", run_id: RUN, status: "queued" });
  expect(result.exitCode).toBe(0);
  const body = expect.stringContaining("feature/priorities") as string;
  expect(api.requests).toEqual([
    { line: "POST /api/runs", authorization: `Bearer ${TOKEN}`, key: expect.stringMatching(/^[0-9a-f-]{36}$/), body },
  ]);
  expect(JSON.parse(api.requests[0]?.body ?? "")).toEqual({ title: "t", branch: "feature/priorities", prompt: "" });
});

test("a run whose answer is lost is asked for again under its key, and another command has another key", async () => {
  let asked = 0;
  const lostOnce: Answer = (request, response) =>
    (asked += 1) === 1 ? void request.socket.destroy() : json(201, run())(request, response);
  await using api = await apiServer(lostOnce);
  for (const _ of ["lost once", "answered"]) {
    const result = await runHere(["runs", "create", "--title", "t"], access(api.url));
    expect(oneObject(result.stdout)).toMatchObject({ ok: true, run_id: RUN });
  }
  const [lost, again, other] = api.requests;
  expect(api.requests).toHaveLength(3);
  expect(again).toEqual(lost);
  expect(other?.key).not.toBe(lost?.key);
});

test("--wait ends when the preview waits for a person", async () => {
  const states = ["planning", "testing", "needs_approval"];
  const next: Answer = (request, response) =>
    json(200, run({ status: states.shift(), lease: null, artifacts: [], attempts: [], destructive_statements: null }))(
      request,
      response,
    );
  await using api = await apiServer(byPath({ "POST /api/runs": json(201, run()), [`GET /api/runs/${RUN}`]: next }));
  const result = await runHere(["runs", "create", "--title", "t", "--wait"], access(api.url));
  expect(oneObject(result.stdout)).toMatchObject({ ok: true, status: "needs_approval" });
  expect(states).toEqual([]);
});

test("--wait ends with the run's own reason when the run fails", async () => {
  const failed = run({
    status: "failed",
    failure_reason_code: "MIGRATION_FAILED",
    failure_message: "002.sql: 42601",
    lease: null,
    artifacts: [],
    attempts: [],
    destructive_statements: null,
  });
  await using api = await apiServer(
    byPath({ "POST /api/runs": json(201, run()), [`GET /api/runs/${RUN}`]: json(200, failed) }),
  );
  const result = await runHere(["runs", "create", "--title", "t", "--wait"], access(api.url));
  expect(oneObject(result.stdout)).toMatchObject({
    ok: false,
    run_id: RUN,
    failure_reason_code: "MIGRATION_FAILED",
    error: {
      code: "run_failed",
      message: expect.stringContaining("002.sql: 42601"),
      hint: expect.stringContaining(RUN),
    },
  });
  expect(result.exitCode).toBe(1);
});

test("--wait gives up at its deadline and says that the run goes on", async () => {
  await using api = await apiServer(
    byPath({
      "POST /api/runs": json(201, run()),
      [`GET /api/runs/${RUN}`]: json(
        200,
        run({
          queue_reason: "WAITING_FOR_SLOT",
          queue_position: 2,
          lease: null,
          artifacts: [],
          attempts: [],
          destructive_statements: null,
        }),
      ),
    }),
  );
  const result = await runHere(["runs", "create", "--title", "t", "--wait", "--wait-seconds", "1"], access(api.url));
  expect(oneObject(result.stdout)).toMatchObject({
    ok: false,
    error: { code: "wait_timed_out", message: expect.stringContaining("position 2") },
  });
});

test("a run is shown with the address of every artifact and all pages of its events", async () => {
  const artifact = {
    artifact_type: "preview_publish_log",
    attempt: 1,
    uri: `artifact:${RUN}/preview.publish.log`,
    size_bytes: 7,
    created_at: NOW,
  };
  const event = (id: string) => ({ event_id: id, run_id: RUN, event_type: "run_created", detail: {}, created_at: NOW });
  const pages: Answer = (request, response) => {
    const since = new URL(request.url ?? "", "http://api").searchParams.get("since_id");
    json(200, { items: since === "0" ? [event("7")] : since === "7" ? [event("9")] : [] })(request, response);
  };
  await using api = await apiServer(
    byPath({
      [`GET /api/runs/${RUN}`]: json(
        200,
        run({ lease: null, artifacts: [artifact], attempts: [], destructive_statements: null }),
      ),
      [`GET /api/runs/${RUN}/events`]: pages,
      [`GET /api/runs/${RUN}/approvals`]: json(200, { items: [], destructive_statements: null }),
    }),
  );
  const shown = oneObject((await runHere(["runs", "show", RUN], access(api.url))).stdout);
  expect(shown).toMatchObject({
    ok: true,
    run_id: RUN,
    artifacts: [
      {
        uri: artifact.uri,
        url: `${api.url}/api/runs/${RUN}/artifacts/content?${new URLSearchParams({ uri: artifact.uri })}`,
      },
    ],
    events: [{ event_id: "7" }, { event_id: "9" }],
  });
});

test("several states are asked for at once", async () => {
  await using api = await apiServer(json(200, { items: [run()], total: 1, limit: 50, offset: 0 }));
  const result = await runHere(["runs", "list", "--status", "queued", "--status", "failed"], access(api.url));
  expect(oneObject(result.stdout)).toMatchObject({ ok: true, total: 1, items: [{ run_id: RUN }] });
  expect(api.requests[0]?.line).toBe("GET /api/runs?status=queued&status=failed&limit=50&offset=0");
});

test("a slot is released by its canonical name, and one that another run holds is exit 5", async () => {
  const held = { released: false, slot_id: "preview-1", run_id: RUN, reason: "held_by_other_run" };
  await using api = await apiServer(json(200, held));
  const result = await runHere(["slots", "release", "preview1", "--run-id", RUN], access(api.url));
  expect(api.requests[0]).toMatchObject({
    line: "POST /api/slots/preview-1/release",
    body: JSON.stringify({ run_id: RUN }),
  });
  expect(oneObject(result.stdout)).toMatchObject({ ok: false, released: false, error: { code: "lease_held" } });
  expect(result.exitCode).toBe(5);
});

test("a preview is replaced by a queued run, and a slot that holds none is exit 5", async () => {
  const answer = { slot_id: "preview-1", run_id: RUN, evicted_run_id: null };
  await using idle = await apiServer(json(200, { ...answer, replaced: true, reason: "replaced" }));
  const replaced = await runHere(["slots", "replace", "preview1", "--run-id", RUN], access(idle.url));
  expect(idle.requests[0]).toMatchObject({
    line: "POST /api/slots/preview-1/replace",
    body: JSON.stringify({ run_id: RUN }),
  });
  expect(oneObject(replaced.stdout)).toMatchObject({ ok: true, replaced: true });
  await using busy = await apiServer(json(200, { ...answer, replaced: false, reason: "not_idle" }));
  const refused = await runHere(["slots", "replace", "preview-1", "--run-id", RUN], access(busy.url));
  expect(oneObject(refused.stdout)).toMatchObject({ ok: false, reason: "not_idle", error: { code: "lease_held" } });
  expect(refused.exitCode).toBe(5);
});

test("expired leases are reaped without a body", async () => {
  await using api = await apiServer(json(200, { expired_count: 1, expired_slots: ["preview-2"] }));
  const result = await runHere(["slots", "reap-expired"], access(api.url));
  expect(api.requests[0]).toMatchObject({ line: "POST /api/slots/reap-expired", body: "" });
  expect(oneObject(result.stdout)).toMatchObject({ ok: true, expired_count: 1, expired_slots: ["preview-2"] });
});

test.each([
  [403, "role_required", 3],
  [404, "run_not_found", 1],
  [409, "invalid_transition", 3],
  [400, "invalid_request", 2],
])("the api's %i %s keeps its code, message and hint", async (status, code, exitCode) => {
  await using api = await apiServer(problem(status, code, "It was like this."));
  const result = await runHere(["runs", "cancel", RUN], access(api.url));
  expect(oneObject(result.stdout)).toEqual({
    ok: false,
    command: "runs cancel",
    error: { code, message: "It was like this.", hint: "Do something else." },
  });
  expect(result.exitCode).toBe(exitCode);
});

test("a problem of a newer api is named", async () => {
  await using api = await apiServer(problem(418, "teapot", "Short and stout."));
  const result = await runHere(["slots", "list"], access(api.url));
  expect(oneObject(result.stdout)).toMatchObject({
    error: { code: "internal_error", message: expect.stringContaining("418 teapot: Short and stout.") },
  });
});

test("a redirect is not followed, so the token goes nowhere else", async () => {
  await using elsewhere = await apiServer(json(200, []));
  await using api = await apiServer(
    (_request, response) => void response.writeHead(307, { location: `${elsewhere.url}/api/slots` }).end(),
  );
  const result = await runProcess(["slots", "list"], access(api.url));
  expect(oneObject(result.stdout)).toMatchObject({ ok: false, error: { code: "unreachable" } });
  expect(elsewhere.requests).toEqual([]);
});

test.each([
  ["no JSON", (_request, response) => void response.end("<html>")],
  ["JSON of another form", json(200, { slots: "many" })],
  ["an error that is no problem", json(500, { message: "oops" })],
  ["a connection that breaks", (request) => void request.socket.destroy()],
] satisfies [string, Answer][])("%s is unreachable", async (_name, answer) => {
  await using api = await apiServer(answer);
  const result = await runHere(["slots", "list"], access(api.url));
  expect(oneObject(result.stdout)).toMatchObject({
    ok: false,
    error: { code: "unreachable", message: expect.stringContaining(api.url) },
  });
  expect(result.exitCode).toBe(1);
});

test("a closed port is unreachable and named", async () => {
  const url = `http://127.0.0.1:${await freePort()}`;
  const result = await runProcess(["slots", "list"], access(url));
  expect(oneObject(result.stdout)).toMatchObject({
    error: { code: "unreachable", message: `The api at ${url} does not answer (connection refused).` },
  });
});

test("the installation's cli.env is used, and the environment's token wins over it", async () => {
  await using api = await apiServer(json(200, []));
  await withTempDir(async (root) => {
    await mkdir(join(root, "etc/oroboros"), { recursive: true });
    await writeFile(
      join(root, "etc/oroboros/cli.env"),
      serializeEnvFile({ OROBOROS_API_URL: api.url, OROBOROS_TOKEN: "oro_installed" }),
    );
    await runHere(["slots", "list", "--root", root]);
    await runHere(["slots", "list"], { OROBOROS_ROOT: root, OROBOROS_TOKEN: TOKEN });
  });
  expect(api.requests.map(({ authorization }) => authorization)).toEqual(["Bearer oro_installed", `Bearer ${TOKEN}`]);
});

test.each([
  ["a token with a line break", { OROBOROS_API_URL: "http://127.0.0.1:9", OROBOROS_TOKEN: `${TOKEN}\nx` }],
  ["a URL with a password", { OROBOROS_API_URL: `http://me:${TOKEN}@127.0.0.1:9`, OROBOROS_TOKEN: "t" }],
  ["a token where the URL belongs", { OROBOROS_API_URL: TOKEN, OROBOROS_TOKEN: "t" }],
])("%s is refused without being printed", async (_name, environment) => {
  const result = await runProcess(["slots", "list"], { ...environment, OROBOROS_DEBUG: "1" });
  expect(oneObject(result.stdout)).toMatchObject({ error: { code: "invalid_environment" } });
  expect(result.exitCode).toBe(2);
  expect(result.stdout + result.stderr).not.toContain(TOKEN);
});

test("who has no token that is known is told how the command line is given one", async () => {
  await using api = await apiServer(problem(401, "not_authenticated", "The bearer token is not known here."));
  const result = await runHere(["slots", "list"], access(api.url));
  const hint = "Make a token with: oroboros token create --role operator --label me; set it as OROBOROS_TOKEN.";
  const error = { code: "not_authenticated", message: "The bearer token is not known here.", hint };
  expect(oneObject(result.stdout)).toMatchObject({ ok: false, error });
  expect(result.exitCode).toBe(3);
});

test("no refusal of the api makes the command print its token", async () => {
  await using api = await apiServer(problem(401, "not_authenticated", "Unknown token."));
  const result = await runProcess(["slots", "list"], { ...access(api.url), OROBOROS_DEBUG: "1" });
  expect(result.stdout + result.stderr).not.toContain(TOKEN);
});
