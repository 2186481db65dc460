import { EventEmitter } from "node:events";
import type { ServerResponse } from "node:http";
import { expect, test } from "vitest";
import { anUpstream, aSurface } from "./testing/a-surface.ts";
import { openTraffic } from "./traffic.ts";

const HEADER = "x-oroboros-idle-seconds";
const aResponse = (): ServerResponse => new EventEmitter() as unknown as ServerResponse;

test("a surface that nobody has used does not say for how long", async () => {
  const surface = await aSurface();
  await surface.publish();
  for (const path of ["/health", "/api/health", "/health"]) {
    expect((await surface.ask(path)).headers[HEADER]).toBeUndefined();
  }
});

test.each(["/", "/nowhere", "/api/notes"])("%s is use, and health says how long ago it was", async (path) => {
  const apiPort = await anUpstream((_request, response) => response.end());
  const surface = await aSurface({ apiPort });
  await surface.publish();
  const before = performance.now();
  await surface.ask(path);
  const idleSeconds = (await surface.ask("/health")).headers[HEADER];
  expect(idleSeconds).toMatch(/^\d+$/);
  expect(Number(idleSeconds)).toBeLessThanOrEqual((performance.now() - before) / 1_000);
});

test("idle time is counted from the end of the last answer, and health checks do not end it", () => {
  let seconds = 100;
  const traffic = openTraffic(() => seconds * 1_000);
  const response = aResponse();
  traffic.note("/api/stream", response);
  seconds += 60;
  expect(traffic.idleSeconds()).toBe(60);
  response.emit("close");
  expect(traffic.idleSeconds()).toBe(0);
  seconds += 7.9;
  traffic.note("/health", aResponse());
  traffic.note("/api/health", aResponse());
  expect(traffic.idleSeconds()).toBe(7);
});
