import { sql } from "kysely";
import { expect, onTestFinished, test } from "vitest";
import { useControlStore } from "../../test/use-control-store.ts";
import { openControlStore } from "../open-control-store.ts";
import { appendEvent } from "./append-event.ts";
import { listEvents } from "./list-events.ts";

const control = useControlStore({ slotCount: 1 });
const { db } = control;

test("an event whose transaction is still open comes after those that are committed meanwhile, so that no reader misses it", async () => {
  const { runId } = await control.queueRun();
  const [created] = await listEvents(db, { runId, sinceId: "0", limit: 10 });
  const slow = await db.startTransaction().execute();
  await appendEvent(slow, { runId, eventType: "step_started", detail: { slow: true } });
  await appendEvent(db, { runId, eventType: "step_finished", detail: { quick: true } });
  const seen = await listEvents(db, { runId, sinceId: created!.eventId, limit: 10 });
  expect(seen.map(({ detail }) => detail)).toEqual([{ quick: true }]);
  await slow.commit().execute();
  const after = await listEvents(db, { runId, sinceId: seen[0]!.eventId, limit: 10 });
  expect(after.map(({ detail }) => detail)).toEqual([{ slow: true }]);
});

test("events of one transaction keep their order", async () => {
  const { runId } = await control.queueRun();
  await db.transaction().execute(async (tx) => {
    for (const step of ["a", "b", "c"]) await appendEvent(tx, { runId, eventType: "step_started", detail: { step } });
  });
  const events = await listEvents(db, { runId, sinceId: "0", limit: 10 });
  expect(events.map(({ detail }) => detail["step"])).toEqual([undefined, "a", "b", "c"]);
});

test("an event's id is changed by its own commit and by nobody else", async () => {
  const { runId } = await control.queueRun();
  const renumber = sql`update run_events set event_id = default where run_id = ${runId}`;
  await expect(renumber.execute(db)).rejects.toThrow("run_events is append-only");
});

test("a commit waits for nobody who has only locked a run", async () => {
  const { runId } = await control.queueRun();
  const holder = openControlStore({ databaseUrl: control.url, maxConnections: 1, onError: () => undefined });
  onTestFinished(() => holder.close());
  const held = await holder.db.startTransaction().execute();
  await sql`select from runs where run_id = ${runId} for no key update`.execute(held);
  await appendEvent(held, { runId, eventType: "step_started", detail: {} });
  await appendEvent(db, { runId, eventType: "step_finished", detail: {} });
  await held.rollback().execute();
  expect(await listEvents(db, { runId, sinceId: "0", limit: 10 })).toHaveLength(2);
});
