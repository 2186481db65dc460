import { setTimeout as delay } from "node:timers/promises";
import { eventually } from "@oroboros/test-support";
import { expect, test } from "vitest";
import { aDoor } from "../../test/a-door.ts";
import { isPresent } from "../../test/presence.ts";
import { useControlStore } from "../../test/use-control-store.ts";
import { openWorkerPresence } from "./open-worker-presence.ts";

const { db, url } = useControlStore();
const SOON = { deadlineMs: 25_000 };

test("a server that can not be reached is asked ever more rarely, and told of once an outage", async () => {
  await using door = await aDoor(url);
  const errors: unknown[] = [];
  const presence = await openWorkerPresence({ databaseUrl: door.url, onError: (error) => errors.push(error) });
  await eventually(() => door.knocks.length >= 4, SOON);
  expect(door.knocks[3]! - door.knocks[0]!).toBeGreaterThan(690);
  expect(errors).toHaveLength(1);
  door.open();
  await eventually(() => isPresent(db, presence.workerId), SOON);
  door.shut();
  const before = door.knocks.length;
  await eventually(() => door.knocks.length >= before + 3, SOON);
  expect(errors).toHaveLength(2);
  await presence.close();
});

test("a presence that waits for a server is closed at once", async () => {
  await using door = await aDoor(url);
  const presence = await openWorkerPresence({ databaseUrl: door.url, onError: () => undefined });
  await eventually(() => door.knocks.length >= 5, SOON);
  // It would knock again 1.6 s after the fifth time. What is closed at once is so before this process has looked at a clock again.
  const closed = presence.close().then(() => "closed");
  expect(await Promise.race([closed, delay(1_400, "waits")])).toBe("closed");
});
