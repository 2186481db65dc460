import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { eventually } from "@oroboros/test-support";
import { expect, test } from "vitest";
import { apiServer, byPath, json } from "./testing/api-server.ts";
import { run, RUN } from "./testing/run-fixture.ts";
import { oneObject } from "./testing/run-here.ts";

const QUEUED = run({
  status: "queued",
  queue_position: 1,
  lease: null,
  artifacts: [],
  attempts: [],
  destructive_statements: null,
});
const COMMANDS: [argv: string[], signal: NodeJS.Signals, asked: string][] = [
  [["create", "--title", "One", "--wait"], "SIGTERM", `GET /api/runs/${RUN}`],
  [["events", RUN, "--follow"], "SIGINT", `GET /api/runs/${RUN}/events/stream`],
  [["logs", RUN, "--follow"], "SIGTERM", `GET /api/runs/${RUN}/events/stream`],
];

test.each(COMMANDS)("runs %j that is ended says which run goes on, and how to", async (argv, signal, asked) => {
  await using api = await apiServer(
    byPath({
      "POST /api/runs": json(201, run({ status: "queued" })),
      [`GET /api/runs/${RUN}`]: json(200, QUEUED),
      [`GET /api/runs/${RUN}/events/stream`]: (_request, response) =>
        response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders(),
    }),
  );
  const main = join(import.meta.dirname, "main.ts");
  const child = spawn(process.execPath, ["--conditions=oroboros-source", main, "runs", ...argv], {
    env: { OROBOROS_API_URL: api.url, OROBOROS_TOKEN: "oro_a-token" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise<number | null>((resolve) => void child.once("exit", resolve));
  const written = Promise.all([text(child.stdout), text(child.stderr)]);
  await eventually(() => api.requests.find(({ line }) => line.startsWith(asked)), { deadlineMs: 100_000 });
  child.kill(signal);
  const [stdout] = await written;
  expect(oneObject(stdout)).toMatchObject({
    ok: false,
    command: `runs ${argv[0]}`,
    run_id: RUN,
    error: { code: "interrupted", hint: expect.stringContaining(`oroboros runs events ${RUN} --follow`) },
  });
  expect(await ended).toBe(130);
});
