import { expect, test } from "vitest";
import { apiServer, byPath, json } from "./testing/api-server.ts";
import { run, RUN } from "./testing/run-fixture.ts";
import { oneObject, runHere } from "./testing/run-here.ts";

test("a program that waits for a preview is told on stderr which run was made, and each change of its place", async () => {
  const places = [
    { status: "queued", queue_position: 2 },
    { status: "queued", queue_position: 2 },
    { status: "queued", queue_position: 1 },
    { status: "needs_approval", queue_position: null },
  ];
  await using api = await apiServer(
    byPath({
      "POST /api/runs": json(201, run({ status: "queued" })),
      [`GET /api/runs/${RUN}`]: (request, response) =>
        json(200, run({ ...places.shift(), lease: null, artifacts: [], attempts: [], destructive_statements: null }))(
          request,
          response,
        ),
    }),
  );
  const argv = ["runs", "create", "--title", "One", "--wait"];
  const { stdout, stderr } = await runHere(argv, { OROBOROS_API_URL: api.url, OROBOROS_TOKEN: "oro_a-token" });
  expect(stderr.trimEnd().split("\n")).toEqual([
    `Run ${RUN} is queued.`,
    `Run ${RUN} is queued at position 2.`,
    `Run ${RUN} is queued at position 1.`,
    `Run ${RUN} is needs_approval.`,
  ]);
  expect(oneObject(stdout)).toMatchObject({ ok: true, run_id: RUN });
});
