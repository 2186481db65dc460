import { sql, type RawBuilder } from "kysely";
import { expect, test } from "vitest";
import { useControlStore } from "../../test/use-control-store.ts";
import { appendEvent } from "./append-event.ts";
import { listEvents } from "./list-events.ts";

const control = useControlStore({ slotCount: 1 });
const { db } = control;

test.each<[string, RawBuilder<unknown>]>([
  ["updated", sql`update run_events set detail = '{}'`],
  ["deleted", sql`delete from run_events`],
  ["truncated", sql`truncate run_events`],
  ["truncated with its runs", sql`truncate runs cascade`],
])("an event is not %s, not even by the owner of the table", async (_how, change) => {
  const { runId } = await control.queueRun();
  await expect(change.execute(db)).rejects.toThrow("run_events is append-only");
  expect(await listEvents(db, { runId, sinceId: "0", limit: 10 })).toHaveLength(1);
});

test("a run's events go on after the one that was seen last, oldest first", async () => {
  const { runId } = await control.queueRun();
  await control.queueRun("another run");
  for (const step of ["checkout", "smoke"])
    await appendEvent(db, { runId, eventType: "step_started", detail: { step } });
  const [created] = await listEvents(db, { runId, sinceId: "0", limit: 1 });
  const after = await listEvents(db, { runId, sinceId: created!.eventId, limit: 10 });
  expect(after.map(({ detail }) => detail)).toEqual([{ step: "checkout" }, { step: "smoke" }]);
});

test("an event keeps the beginning of a text that is longer than anybody reads, whole characters of it", async () => {
  const { runId } = await control.queueRun();
  const detail = { step: "database_reset", message: `x${"😀".repeat(3_000_000)}`, lines: ["y".repeat(30_000), 7] };
  await appendEvent(db, { runId, eventType: "step_failed", detail });
  const [, event] = await listEvents(db, { runId, sinceId: "0", limit: 10 });
  expect(event?.detail).toEqual({
    step: "database_reset",
    message: `x${"😀".repeat(9_999)}\uFFFD... (6000001 characters in all)`,
    lines: [`${"y".repeat(20_000)}... (30000 characters in all)`, 7],
  });
});
