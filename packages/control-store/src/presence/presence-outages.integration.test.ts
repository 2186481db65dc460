import { eventually } from "@oroboros/test-support";
import { sql } from "kysely";
import { expect, test } from "vitest";
import { aDoor } from "../../test/a-door.ts";
import { useControlStore } from "../../test/use-control-store.ts";
import { openWorkerPresence } from "./open-worker-presence.ts";

const { db, url } = useControlStore();

const holds = async (workerId: number): Promise<boolean> =>
  (await sql`select from pg_locks where locktype = 'advisory' and objid = ${workerId} and granted`.execute(db)).rows
    .length === 1;

test("a server that can not be reached is asked ever more rarely, and told of once an outage", async () => {
  await using door = await aDoor(url);
  const errors: unknown[] = [];
  const presence = await openWorkerPresence({ databaseUrl: door.url, onError: (error) => errors.push(error) });
  await eventually(() => door.knocks.length >= 4, { deadlineMs: 10_000 });
  expect(door.knocks[3]! - door.knocks[0]!).toBeGreaterThan(690);
  expect(errors).toHaveLength(1);
  door.open();
  await eventually(() => holds(presence.workerId), { deadlineMs: 5_000 });
  door.shut();
  const before = door.knocks.length;
  await eventually(() => door.knocks.length >= before + 3, { deadlineMs: 10_000 });
  expect(errors).toHaveLength(2);
  await presence.close();
});

test("a presence that waits for a server is closed at once", async () => {
  await using door = await aDoor(url);
  const presence = await openWorkerPresence({ databaseUrl: door.url, onError: () => undefined });
  await eventually(() => door.knocks.length >= 5, { deadlineMs: 10_000 });
  const startedAt = performance.now();
  await presence.close();
  expect(performance.now() - startedAt).toBeLessThan(800);
});
