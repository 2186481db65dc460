import { openMachine, startRuntime, tinyApp, type Runtime, type TestProcess } from "@oroboros/test-runtime";
import { reportMatrix, rounds, takePortOffset } from "@oroboros/test-support";
import { afterAll, beforeAll, expect, test } from "vitest";
import { hostileRequest, seeded, type HostileRequest, type Surroundings } from "./malformed-requests.ts";
import { exchange, readAnswer, type Answer } from "./raw-http.ts";

const PORT_OFFSET = await takePortOffset();
const CASES = rounds(20_000, 1_000);
const AT_ONCE = 16;
const SEED = Number(process.env["OROBOROS_TEST_SEED"] ?? 20_261);

let runtime: Runtime;
let api: TestProcess;
let exit: number | null | "running" = "running";
const opened: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  runtime = await startRuntime({ portOffset: PORT_OFFSET, main: tinyApp() });
  opened.push(() => runtime.stop());
  const machine = openMachine(runtime, PORT_OFFSET);
  for (const name of ["worker", "api"]) await machine.stopService(name);
  api = await machine.startApi();
  opened.push(() => {
    api.kill("SIGKILL");
    return api.exited;
  });
  void api.exited.then((status) => (exit = status));
});
afterAll(async () => {
  for (const close of opened.toReversed()) await close();
});

test("no malformed request ends the api, makes it fail, or gets an answer that can not be read", async () => {
  const started = performance.now();
  const { violations, answers } = await sendAll(await whatIsThere());
  const failures = linesOf(api, /"level":"(error|fatal)"/);
  reportMatrix({
    matrix: "malformed",
    cases: CASES,
    violations: violations.length + failures.length + (exit === "running" ? 0 : 1),
    seed: SEED,
    seconds: Math.round((performance.now() - started) / 1_000),
  });
  console.log(`answers by status: ${JSON.stringify(answers)}`);
  expect(violations.slice(0, 10)).toEqual([]);
  expect(failures.slice(0, 10)).toEqual([]);
  expect(exit).toBe("running");
  expect(await runtime.api(`/api/runs/${await aRun()}`)).toMatchObject({ status: 200, body: { status: "queued" } });
});

/** Every kind of token, an empty one being this user's own word on loopback, and runs that are there and that are not. */
async function whatIsThere(): Promise<Surroundings> {
  const tokenOf = async (role: string): Promise<string> =>
    String((await runtime.cli("token", "create", "--role", role, "--label", role)).json["token"]);
  const { operatorToken } = runtime;
  return {
    host: new URL(runtime.apiUrl).host,
    tokens: [
      operatorToken,
      operatorToken,
      await tokenOf("agent"),
      await tokenOf("viewer"),
      "",
      "oro_nobody-has-made-this",
    ],
    runIds: [await aRun(), "00000000-0000-4000-8000-000000000000", "x"],
  };
}

async function sendAll(surroundings: Surroundings): Promise<{ violations: string[]; answers: Record<string, number> }> {
  const random = seeded(SEED);
  const violations: string[] = [];
  const answers: Record<string, number> = {};
  let left = CASES;
  const work = async (): Promise<void> => {
    while (left-- > 0) {
      const request = hostileRequest(random, surroundings);
      const text = await send(request).catch((error: unknown) => `no answer: ${String(error)}`);
      const { status, problem } = judge(request, text);
      answers[status] = (answers[status] ?? 0) + 1;
      if (problem !== undefined) violations.push(`${problem}: ${shown(request)} -> ${text.slice(0, 300)}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { violations, answers };
}

const send = ({ method, bytes, mayLackTheRest }: HostileRequest): Promise<string> =>
  exchange(Number(new URL(runtime.apiUrl).port), bytes, {
    isWhole: (text) => readAnswer(text, method, false) !== undefined,
    mayLackTheRest,
  });

function judge({ method, mayLackTheRest }: HostileRequest, text: string): { status: number; problem?: string } {
  // A connection that says in the middle of a request that none of it follows may be closed without a word.
  if (text === "" && mayLackTheRest) return { status: 0 };
  const answer = readAnswer(text, method, true);
  if (answer === undefined) return { status: 0, problem: "no answer that can be read" };
  const { status, headers, body } = answer;
  if (status >= 500 && !saysUnready(answer)) return { status, problem: "the api failed" };
  const saysJson = headers.get("content-type")?.includes("json") === true && body !== "";
  return saysJson && !isJson(body) ? { status, problem: "no JSON" } : { status };
}

/** What it says of a part that, on a busy machine, has not answered within a second. */
const saysUnready = ({ status, headers, body }: Answer): boolean =>
  status === 503 && headers.get("content-type") === "application/json" && body.includes('"status":"unavailable"');

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const shown = ({ kind, bytes }: HostileRequest): string =>
  `${kind}: ${JSON.stringify(bytes.subarray(0, 400).toString("latin1"))}`;

const linesOf = (process: TestProcess, pattern: RegExp): string[] =>
  process
    .log()
    .split("\n")
    .filter((line) => pattern.test(line));

async function aRun(): Promise<string> {
  const created = await runtime.api("/api/runs", { method: "POST", body: JSON.stringify({ title: "well-formed" }) });
  expect(created.status).toBe(201);
  return (created.body as { run_id: string }).run_id;
}
