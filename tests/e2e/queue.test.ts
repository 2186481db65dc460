import { createRun, endOfRun, showRun, startRuntime, tinyApp, type Runtime } from "@oroboros/test-runtime";
import { eventually, takePortOffset } from "@oroboros/test-support";
import { afterAll, beforeAll, expect, test } from "vitest";

// The queue lives in PostgreSQL here, as in the demo.
let runtime: Runtime;
beforeAll(async () => {
  runtime = await startRuntime({ portOffset: await takePortOffset(), main: tinyApp() });
});
afterAll(() => runtime?.stop());

test("three runs are live at once under users of their own; a fourth waits with its position and starts when a slot is released", async () => {
  const live = await Promise.all([1, 2, 3].map((n) => endOfRun(runtime, { title: `run ${n}` })));
  expect(live.map(({ status }) => status)).toEqual(["needs_approval", "needs_approval", "needs_approval"]);
  expect(new Set(live.map(({ slot_id }) => slot_id)).size).toBe(3);

  const backends = await Promise.all(
    live.map(
      async ({ frontend_url }) =>
        (await (await fetch(`${frontend_url}/api/health`)).json()) as {
          uid: number;
          database: string;
          slot_id: string;
        },
    ),
  );
  expect(backends.map(({ slot_id }) => slot_id)).toEqual(live.map(({ slot_id }) => slot_id));
  expect(new Set(backends.map(({ database }) => database)).size).toBe(3);
  if (process.getuid?.() === 0) expect(new Set(backends.map(({ uid }) => uid)).size).toBe(3);

  const fourth = await createRun(runtime, { title: "run 4" });
  await eventually(async () => (await showRun(runtime, fourth)).queue_position === 1, { deadlineMs: 120_000 });
  expect((await showRun(runtime, fourth)).queue_reason).toBe("WAITING_FOR_SLOT");
  const full = await runtime.cli("slots", "allocate", "--run-id", fourth, "--seed-version", "v1", "--strategy", "seed");
  expect(full.exitCode).toBe(5);

  const released = live[1];
  const answer = await runtime.cli("slots", "release", String(released?.slot_id));
  expect(answer.json).toMatchObject({ ok: true, released: true });
  const started = await eventually(
    async () => {
      const run = await showRun(runtime, fourth);
      return run.status === "needs_approval" ? run : undefined;
    },
    { deadlineMs: 120_000 },
  );
  expect(started.slot_id).toBe(released?.slot_id);
  expect((await showRun(runtime, String(released?.run_id))).status).toBe("canceled");
  expect(
    (await runtime.cli("slots", "release", String(released?.slot_id), "--run-id", String(released?.run_id))).json,
  ).toMatchObject({
    released: false,
    reason: "held_by_other_run",
  });
});

test("a run canceled in the middle of its build stops, and its slot is free again", async () => {
  const commit_sha = await runtime.pushBranch(
    "slow",
    tinyApp((app) => (app.manifest.frontend.build = ["sleep", "300"])),
  );
  const freed = await runtime.cli("slots", "release", "preview-1");
  expect(freed.exitCode).toBe(0);
  const runId = await createRun(runtime, { title: "slow", commit_sha });
  await eventually(async () => (await showRun(runtime, runId)).status === "testing", { deadlineMs: 120_000 });
  await runtime.api(`/api/runs/${runId}/cancel`, { method: "POST", body: "{}" });
  await eventually(
    async () => {
      const { body } = await runtime.api("/api/slots");
      return (body as { slot_id: string; lease_state: string }[]).some(
        (slot) => slot.slot_id === "preview-1" && slot.lease_state === "free",
      );
    },
    { deadlineMs: 120_000 },
  );
  expect((await showRun(runtime, runId)).status).toBe("canceled");
});
