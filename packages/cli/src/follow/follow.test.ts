import type { ServerResponse } from "node:http";
import { expect, test } from "vitest";
import { apiServer, byPath, json, problem, type Answer } from "../testing/api-server.ts";
import { NOW, run, RUN } from "../testing/run-fixture.ts";
import { oneObject, runHere } from "../testing/run-here.ts";
import { untilSilent } from "./until-silent.ts";

const access = (url: string): Record<string, string> => ({ OROBOROS_API_URL: url, OROBOROS_TOKEN: "oro_a-token" });

const event = (id: number, type: string, detail: object = {}): object => ({
  event_id: String(id),
  run_id: RUN,
  event_type: type,
  detail,
  created_at: NOW,
});
const logged = (id: number, step: string, type = "step_finished"): object =>
  event(id, type, { step, attempt: 1, ms: 4, artifact_uri: `artifact:${RUN}/${step}.jsonl` });
const EVENTS = [
  event(3, "run_created"),
  logged(5, "checkout"),
  logged(8, "migration", "step_failed"),
  event(9, "run_transitioned", { to: "failed" }),
];

const LOGS: Record<string, string> = {
  checkout: `{"time":"${NOW}","event":"output","stream":"stdout","text":"one\\n\\u001b[2Jtwo\\n"}\n`,
  migration: `{"time":"${NOW}","event":"failed","code":"migration_failed"}\nnot json\n`,
};
const content: Answer = (request, response) => {
  const uri = new URL(request.url ?? "", "http://api").searchParams.get("uri") ?? "";
  const text = LOGS[/\/(\w+)\.jsonl$/.exec(uri)?.[1] ?? ""];
  if (text === undefined) return problem(404, "artifact_not_found", "There is no such artifact.")(request, response);
  response.writeHead(200, { "content-type": "text/plain" }).end(text);
};

const since = (url: string | undefined): number =>
  Number(new URL(url ?? "", "http://api").searchParams.get("since_id") ?? "0");
const after = (url: string | undefined): object[] =>
  EVENTS.filter((each) => Number((each as { event_id: string }).event_id) > since(url));

function send(response: ServerResponse, events: readonly object[]): void {
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.write(": a heartbeat\n\nevent: something_else\ndata: {}\n\n");
  for (const each of events) {
    const { event_id: id } = each as { event_id: string };
    response.write(`id: ${id}\nevent: run_event\ndata: ${JSON.stringify(each)}\n\n`);
  }
}

/** An api whose run has ended by its last event, and whose first stream breaks off in the middle of its third. */
function breakingApi(): { answer: Answer; streams: number[] } {
  const streams: number[] = [];
  const stream: Answer = (request, response) => {
    streams.push(since(request.url));
    if (streams.length > 1) {
      send(response, after(request.url));
      return void response.end();
    }
    send(response, EVENTS.slice(0, 2));
    response.write(`id: 8\nevent: run_event\ndata: {"event_id"`, () => response.destroy());
  };
  const show: Answer = (request, response) => {
    const status = streams.length > 1 ? "failed" : "testing";
    const failure = streams.length > 1 ? { failure_reason_code: "MIGRATION_FAILED", failure_message: "no" } : {};
    json(200, run({ status, ...failure, lease: null, artifacts: [], attempts: [], destructive_statements: null }))(
      request,
      response,
    );
  };
  const answer = byPath({
    [`GET /api/runs/${RUN}/events/stream`]: stream,
    [`GET /api/runs/${RUN}/events`]: (request, response) => json(200, { items: after(request.url) })(request, response),
    [`GET /api/runs/${RUN}/artifacts/content`]: content,
    [`GET /api/runs/${RUN}`]: show,
  });
  return { answer, streams };
}

test("events are followed past a stream that breaks off, each told once, into one object", async () => {
  const { answer, streams } = breakingApi();
  await using api = await apiServer(answer);
  const result = await runHere(["runs", "events", RUN, "--follow"], access(api.url));
  expect(oneObject(result.stdout)).toMatchObject({ ok: true, run_id: RUN, status: "failed", events: EVENTS });
  expect((oneObject(result.stdout)["events"] as object[]).length).toBe(EVENTS.length);
  expect(streams).toEqual([0, 5]);
});

test("what happened after a stream had ended and before the run was seen to have is told, too", async () => {
  const ended = run({ status: "failed", lease: null, artifacts: [], attempts: [], destructive_statements: null });
  await using api = await apiServer(
    byPath({
      [`GET /api/runs/${RUN}/events/stream`]: (_request, response) => {
        send(response, EVENTS.slice(0, 2));
        response.end();
      },
      [`GET /api/runs/${RUN}/events`]: (request, response) =>
        json(200, { items: after(request.url).slice(0, 1) })(request, response),
      [`GET /api/runs/${RUN}`]: json(200, ended),
    }),
  );
  const { stdout } = await runHere(["runs", "events", RUN, "--follow"], access(api.url));
  expect(oneObject(stdout)["events"]).toEqual(EVENTS);
});

test("a person sees each event in a line of its own, and what became of the run", async () => {
  await using api = await apiServer(breakingApi().answer);
  const { stdout, exitCode } = await runHere(["runs", "events", RUN, "--follow"], access(api.url), {
    isTerminal: true,
  });
  const lines = stdout.trimEnd().split("\n");
  expect(lines.slice(0, -1).map((line) => line.split(/ +/)[1])).toEqual([
    "run_created",
    "step_finished",
    "step_failed",
    "run_transitioned",
  ]);
  expect(lines.at(-1)).toBe(`Run ${RUN} is failed: MIGRATION_FAILED: no.`);
  expect(exitCode).toBe(0);
});

test("logs are followed step by step, and are the same once the run has ended", async () => {
  await using api = await apiServer(breakingApi().answer);
  const followed = oneObject((await runHere(["runs", "logs", RUN, "--follow"], access(api.url))).stdout);
  expect(followed).toMatchObject({
    ok: true,
    status: "failed",
    logs: [
      { step: "checkout", attempt: 1, status: "ok", text: LOGS["checkout"] },
      { step: "migration", attempt: 1, status: "failed", text: LOGS["migration"] },
    ],
  });
  const read = oneObject((await runHere(["runs", "logs", RUN], access(api.url))).stdout);
  expect(read["logs"]).toEqual(followed["logs"]);
  const one = oneObject((await runHere(["runs", "logs", RUN, "--step", "migration"], access(api.url))).stdout);
  expect(one["logs"]).toMatchObject([{ step: "migration" }]);
});

test("a person reads logs as text that can not take over the terminal", async () => {
  await using api = await apiServer(breakingApi().answer);
  for (const follow of [[], ["--follow"]]) {
    const argv = ["runs", "logs", RUN, ...follow];
    const { stdout } = await runHere(argv, { ...access(api.url), NO_COLOR: "1" }, { isTerminal: true });
    expect(stdout).toMatch(/== checkout, publish 1: ok ==\n12:00:00.000 \| one\n12:00:00.000 \| +\[2Jtwo\n/);
    expect(stdout).toMatch(/== migration, publish 1: failed ==\n12:00:00.000 failed code=migration_failed\nnot json\n/);
  }
});

test("a log that is not kept any more, and a run without logs, are said to be so", async () => {
  const detail = run({ status: "queued", lease: null, artifacts: [], attempts: [], destructive_statements: null });
  const eventPages =
    (events: object[]): Answer =>
    (request, response) =>
      json(200, { items: since(request.url) === 0 ? events : [] })(request, response);
  const show = async (events: object[]): Promise<string> => {
    await using api = await apiServer(
      byPath({
        [`GET /api/runs/${RUN}`]: json(200, detail),
        [`GET /api/runs/${RUN}/events`]: eventPages(events),
        [`GET /api/runs/${RUN}/artifacts/content`]: content,
      }),
    );
    return (await runHere(["runs", "logs", RUN], access(api.url), { isTerminal: true })).stdout;
  };
  expect(await show([logged(4, "smoke")])).toContain("not kept any more");
  expect(await show([])).toContain(`There is no log of a step yet. Run ${RUN} is queued.`);
});

test.each(["events", "logs"])("%s of a run that there is not are refused, followed or not", async (verb) => {
  await using api = await apiServer(problem(404, "run_not_found", "There is no such run."));
  for (const follow of [[], ["--follow"]]) {
    const result = await runHere(["runs", verb, RUN, ...follow], access(api.url));
    expect(oneObject(result.stdout)).toMatchObject({ ok: false, error: { code: "run_not_found" } });
    expect(result.exitCode).toBe(1);
  }
});

test("a connection that was lost without a word ends its stream", async () => {
  const parts: string[] = [];
  let cancelled = false;
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode("one")),
    cancel: () => void (cancelled = true),
  });
  for await (const part of untilSilent(body, 20)) parts.push(new TextDecoder().decode(part));
  expect({ parts, cancelled }).toEqual({ parts: ["one"], cancelled: true });
});
