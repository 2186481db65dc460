import { runEventSchema, type RunEvent, type RunEventType } from "@oroboros/slot-contract";
import { expect, test } from "vitest";
import { attemptSteps } from "./attempt-steps.ts";

let last = 0;
const event = (event_type: RunEventType, detail: Record<string, unknown>): RunEvent =>
  runEventSchema.parse({
    event_id: String((last += 1)),
    run_id: "0b6f9a52-7c55-4c4e-9a53-0e9d3f6c1a11",
    event_type,
    detail,
    created_at: "2026-01-01T00:00:00.000Z",
  });

test("the steps of one publish are told apart from those of the others", () => {
  const events = [
    event("step_finished", { step: "checkout", ms: 4 }),
    event("publish_started", { attempt: 2 }),
    event("step_finished", { step: "checkout", attempt: 2, ms: 5 }),
    event("step_reused", { step: "dependency_sync", attempt: 2, reused: "that of publish 1" }),
    event("step_failed", { step: "migration", attempt: 2, ms: 6 }),
  ];
  expect(attemptSteps(events, 1)).toEqual([{ name: "checkout", status: "ok", ms: 4, reused: null }]);
  expect(attemptSteps(events, 2)).toEqual([
    { name: "checkout", status: "ok", ms: 5, reused: null },
    { name: "dependency_sync", status: "reused", ms: null, reused: "that of publish 1" },
    { name: "migration", status: "failed", ms: 6, reused: null },
  ]);
});

test("a step that another worker did again is told once, as it ended last", () => {
  const events = [
    event("step_finished", { step: "checkout", attempt: 2, ms: 5 }),
    event("step_failed", { step: "migration", attempt: 2, ms: 6 }),
    event("step_reused", { step: "checkout", attempt: 2, reused: "that of before" }),
    event("step_finished", { step: "migration", attempt: 2, ms: 7 }),
  ];
  expect(attemptSteps(events, 2)).toMatchObject([
    { name: "checkout", status: "reused", ms: null },
    { name: "migration", status: "ok", ms: 7 },
  ]);
});
