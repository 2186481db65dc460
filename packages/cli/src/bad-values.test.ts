import { afterAll, beforeAll, expect, test } from "vitest";
import { COMMANDS } from "./command-table.ts";
import { apiServer, json, problem, type ApiServer } from "./testing/api-server.ts";
import { RUN } from "./testing/run-fixture.ts";
import { oneObject, runHere } from "./testing/run-here.ts";

let api: ApiServer;
beforeAll(async () => {
  api = await apiServer(json(500, {}));
});
afterAll(() => api?.[Symbol.asyncDispose]());

/** Where a command finds everything but a good value. */
const environment = (): Record<string, string> => ({
  OROBOROS_API_URL: api.url,
  OROBOROS_TOKEN: "oro_a-token",
  OROBOROS_CHECKOUT: "/nonexistent",
});

const long = (length: number): string => "x".repeat(length + 1);
const CREATE = ["runs", "create", "--title", "t"];
const REJECT = ["runs", "reject", RUN, "--reason", "no"];

/** A command line, the option that is wrong in it, and what the answer says of what is allowed. */
const BAD: [argv: string[], name: string, allowed: string][] = [
  [["runs", "create", "--title", " "], "--title", "1 to 200 characters"],
  [["runs", "create", "--title", long(200)], "--title", "1 to 200 characters"],
  [[...CREATE, "--prompt", long(20_000)], "--prompt", "at most 20000"],
  [[...CREATE, "--branch", "a..b"], "--branch", "name of a branch"],
  [[...CREATE, "--commit", "abc"], "--commit", "full commit id"],
  [[...CREATE, "--route", " "], "--route", "1 to 2000"],
  [[...CREATE, "--page-title", long(500)], "--page-title", "1 to 500"],
  [[...CREATE, "--element-hint", long(2_000)], "--element-hint", "1 to 2000"],
  [[...CREATE, "--note", long(20_000)], "--note", "1 to 20000"],
  [[...CREATE, "--wait-seconds", "soon"], "--wait-seconds", "from 1 to 86400"],
  [["runs", "publish", RUN, "--commit", "HEAD"], "--commit", "full commit id"],
  [["runs", "publish", RUN, "--wait-seconds", "0"], "--wait-seconds", "from 1 to 86400"],
  [["runs", "list", "--status", "sleeping"], "--status", "queued, planning"],
  [["runs", "list", "--route", long(2_000)], "--route", "2000"],
  [["runs", "list", "--limit", "201"], "--limit", "from 1 to 200"],
  [["runs", "list", "--limit", "many"], "--limit", "from 1 to 200"],
  [["runs", "list", "--offset", "-1"], "--offset", "from 0"],
  [["runs", "transition", RUN, "--to", "done"], "--to", "queued, planning"],
  [["runs", "transition", RUN, "--to", "failed"], "--code", "required with failed"],
  [["runs", "transition", RUN, "--to", "testing", "--code", "CHECKS_FAILED"], "--code", "belongs to an ending"],
  [["runs", "transition", RUN, "--to", "failed", "--code", "BAD"], "--code", "VALIDATION_FAILED"],
  [["runs", "expire", RUN, "--reason", " "], "--reason", "1 to 2000"],
  [["runs", "extend", RUN, "--hours", "721"], "--hours", "from 1 to 720"],
  [["runs", "extend", RUN, "--hours", "1.5"], "--hours", "from 1 to 720"],
  [["runs", "approve", RUN, "--commit", "1"], "--commit", "full commit id"],
  [["runs", "approve", RUN, "--reason", " "], "--reason", "1 to 2000"],
  [["runs", "approve", RUN, "--reviewer", long(200)], "--reviewer", "1 to 200"],
  [["runs", "reject", RUN, "--reason", long(2_000)], "--reason", "1 to 2000"],
  [[...REJECT, "--code", "NO"], "--code", "POLICY_REJECTED"],
  [[...REJECT, "--reviewer", " "], "--reviewer", "1 to 200"],
  [["host", "health-check", "--scope", "some"], "--scope", "production"],
  [["slots", "release", "preview-0"], "<slot>", "such as preview-1"],
  [["slots", "release", "preview-1", "--run-id", "it"], "--run-id", "id of a run"],
  [["slots", "replace", "one", "--run-id", RUN], "<slot>", "such as preview-1"],
  [["slots", "replace", "preview-1", "--run-id", "it"], "--run-id", "id of a run"],
  [["slots", "allocate", "--run-id", RUN, "--seed-version", "../v1"], "--seed-version", "such as v1"],
  [["slots", "allocate", "--run-id", "it", "--seed-version", "v1"], "--run-id", "id of a run"],
  [["slots", "allocate", "--run-id", RUN, "--seed-version", "v1", "--strategy", "magic"], "--strategy", "seed"],
  [
    ["db", "reset-and-seed", "--slot", "preview-1", "--strategy", "snapshot", "--snapshot-version", "a b"],
    "--snapshot-version",
    "such as demo-1",
  ],
  [["db", "snapshot", "create", "--from-slot", "preview-1", "--version", "../v1"], "--version", "such as demo-1"],
  [["db", "snapshot", "verify", " "], "<version>", "such as demo-1"],
  [["db", "seed", "--slot", "preview-1", "--seed-version", " "], "--seed-version", "such as v1"],
  [["db", "reset", "--slot", "preview-1", "--run-id", "it"], "--run-id", "id of a run"],
  [["db", "migrate", "--slot", "preview-1", "--run-id", "it"], "--run-id", "id of a run"],
  [
    ["backend", "start", "--slot", "preview-1", "--health-timeout-seconds", "601"],
    "--health-timeout-seconds",
    "to 600",
  ],
  [["runtime", "up", "--port-offset", "10001"], "--port-offset", "from 0 to 10000"],
  [["runtime", "down", "--port-offset", "x"], "--port-offset", "from 0 to 10000"],
  [["demo", "--port-offset", "-1"], "--port-offset", "from 0 to 10000"],
  [["runtime", "up", "--redis-url", "redis.example:6379"], "--redis-url", "redis:// URL"],
  [["runtime", "down", "--root", "here"], "--root", "absolute path"],
  [["token", "list", "--root", "/a/../b"], "--root", "absolute path"],
  [["token", "create", "--role", "root", "--label", "me"], "--role", "viewer, agent, operator"],
  [["token", "create", "--role", "viewer", "--label", " "], "--label", "1 to 200"],
  [["token", "revoke", "first"], "<token_id>", "a number"],
  [["audit", "list", "--limit", "0"], "--limit", "from 1 to 99999"],
  [["audit", "list", "--run-id", "it"], "--run-id", "id of a run"],
  [["audit", "verify", "--expect-head", "abc"], "--expect-head", "64"],
];

const shortly = (argv: readonly string[]): string => argv.join(" ").slice(0, 90);

test.each(BAD.map(([argv, name, allowed]) => ({ line: shortly(argv), argv, name, allowed })))(
  "$line: the option, what was given, what is allowed and what to type next are named",
  async ({ argv, name, allowed }) => {
    const result = await runHere(argv, environment());
    const { error } = oneObject(result.stdout) as { error: { code: string; message: string; hint: string } };
    expect(error.code).toMatch(/^invalid_(request|slot|contract)$/);
    expect(error.message).toContain(name);
    expect(error.message).toContain(allowed);
    expect(error.hint).toMatch(/oroboros|For example|--\w|git rev-parse|oroboros\.app\.json|Use one of/);
    expect(error.message).not.toMatch(
      /expected|Invalid input|Too (small|big)|received|>=|<=|pattern|_sha|_id:|reviewer_id/,
    );
    expect(error.message.length).toBeLessThan(400);
    expect(result.exitCode).toBe(2);
    expect(api.requests).toEqual([]);
  },
);

test("a seed's version is to be found in the manifest or in the documents' directory", async () => {
  const { stdout } = await runHere(["db", "seed", "--slot", "preview-1", "--seed-version", " "], environment());
  const { error } = oneObject(stdout) as { error: { hint: string } };
  expect(error.hint).toMatch(/database\.seeds; infra\/db\/preview\/seeds\/<version>\.sql/);
});

/** What is at the edge and still allowed goes to the api: the words above say what the schemas do. */
test.each(
  [
    [...CREATE, "--prompt", "x".repeat(20_000), "--note", "x".repeat(20_000), "--page-title", "x".repeat(500)],
    ["runs", "create", "--title", "x".repeat(200), "--route", "x".repeat(2_000), "--element-hint", "x".repeat(2_000)],
    ["runs", "list", "--limit", "200", "--offset", "0"],
    ["runs", "extend", RUN, "--hours", "720"],
    ["runs", "extend", RUN, "--hours", "1"],
    ["runs", "reject", RUN, "--reason", "x".repeat(2_000), "--reviewer", "x".repeat(200)],
  ].map((argv) => ({ line: shortly(argv), argv })),
)("$line is asked for", async ({ argv }) => {
  await using asked = await apiServer(problem(404, "run_not_found", "There is no such run."));
  const result = await runHere(argv, { OROBOROS_API_URL: asked.url, OROBOROS_TOKEN: "t" });
  expect(oneObject(result.stdout)).not.toMatchObject({ error: { code: "invalid_request" } });
  expect(asked.requests).toHaveLength(1);
});

test.each([
  [["token", "revoke", "oro_the-text-of-a-token"]],
  [["token", "revoke", "1", "oro_the-text-of-a-token"]],
  [["token", "create", "--label", "me", "--role", "oro_the-text-of-a-token"]],
  [["runs", "show", "oro_the-text-of-a-token"]],
  [["oro_the-text-of-a-token"]],
  [["runtime", "up", "--redis-url", "http://me:the-text@redis"]],
  [["runtime", "up", "--redis", "redis://me:the-text@redis"]],
])("%j does not repeat the secret in it", async (argv) => {
  const result = await runHere(argv, environment());
  expect(result.exitCode).toBe(2);
  expect(result.stdout + result.stderr).not.toContain("the-text");
});

test("every option that takes a value is tried with a bad one", () => {
  // What these take is anything, or what only the machine can tell.
  const anything = new Set([
    "--out",
    "--worktree-path",
    "--slot",
    "--step",
    "--from-slot",
    "--from-url",
    "--password-file",
    "--mask",
  ]);
  const tried = new Set(BAD.map(([, name]) => name));
  const untried = COMMANDS.flatMap(({ options }) => options.map(({ flags }) => flags.split(" "))).filter(
    ([name = "", value]) => value !== undefined && !anything.has(name) && !tried.has(name),
  );
  expect(untried).toEqual([]);
});
