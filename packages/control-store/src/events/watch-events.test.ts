import { eventually } from "@oroboros/test-support";
import { sql } from "kysely";
import { expect, onTestFinished, test } from "vitest";
import { aDoor } from "../../test/a-door.ts";
import { useControlStore } from "../../test/use-control-store.ts";
import { appendEvent } from "./append-event.ts";
import { watchEvents, type EventWatch } from "./watch-events.ts";

const control = useControlStore({ slotCount: 1 });
const { db } = control;
const SOON = { deadlineMs: 25_000 };

test("whoever subscribes to a run is woken by its events and not by another's", async () => {
  const { watch } = aWatch();
  const [one, other] = [await control.queueRun(), await control.queueRun()];
  const woken = { one: 0, other: 0 };
  watch.subscribe(one.runId, () => void (woken.one += 1));
  watch.subscribe(other.runId, () => void (woken.other += 1));
  await eventually(() => woken.one === 1 && woken.other === 1, SOON);
  await appendEvent(db, { runId: one.runId, eventType: "step_started", detail: {} });
  await eventually(() => woken.one === 2, SOON);
  expect(woken.other).toBe(1);
});

test("any number of subscribers are one connection, which the first one makes", async () => {
  const { watch } = aWatch();
  await eventually(async () => (await connections()) === 0, SOON);
  const { runId } = await control.queueRun();
  let woken = 0;
  const stops = Array.from({ length: 50 }, () => watch.subscribe(runId, () => void (woken += 1)));
  await eventually(() => woken >= 50, SOON);
  expect(await connections()).toBe(1);
  for (const stop of stops) stop();
  await appendEvent(db, { runId, eventType: "step_started", detail: {} });
  const stop = watch.subscribe(runId, () => void (woken = -1));
  await appendEvent(db, { runId, eventType: "step_started", detail: {} });
  await eventually(() => woken === -1, SOON);
  stop();
});

test("a connection that was lost is made again, and everybody is woken to read what came meanwhile", async () => {
  await using door = await aDoor(control.url);
  door.open();
  const { watch, errors } = aWatch(door.url);
  const { runId } = await control.queueRun();
  let woken = 0;
  watch.subscribe(runId, () => void (woken += 1));
  await eventually(() => woken === 1, SOON);
  for (let losses = 0; losses < 2; losses += 1) {
    const before = woken;
    await sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'oroboros-events'
      and datname = current_database()`.execute(db);
    await eventually(() => woken > before, SOON);
  }
  expect(errors).toHaveLength(door.knocks.length - 1);
  // Whoever was ended is told so before it is gone.
  await eventually(async () => (await connections()) === 1, SOON);
});

test("a watch that is closed leaves no connection, and makes no other", async () => {
  const { watch, errors } = aWatch();
  const { runId } = await control.queueRun();
  let woken = 0;
  watch.subscribe(runId, () => void (woken += 1));
  await eventually(() => woken === 1, SOON);
  const before = errors.length;
  await watch.close();
  watch.subscribe(runId, () => undefined);
  await eventually(async () => (await connections()) === 0, SOON);
  expect(errors).toHaveLength(before);
});

function aWatch(databaseUrl = control.url): { watch: EventWatch; errors: unknown[] } {
  const errors: unknown[] = [];
  const watch = watchEvents({ databaseUrl, onError: (error) => errors.push(error) });
  onTestFinished(() => watch.close());
  return { watch, errors };
}

async function connections(): Promise<number> {
  const { rows } = await sql`select from pg_stat_activity where application_name = 'oroboros-events'
    and datname = current_database()`.execute(db);
  return rows.length;
}
