import { expect, test } from "vitest";
import { keepReading } from "./keep-reading.ts";

function aReading() {
  const world = { now: 0, started: [] as PromiseWithResolvers<number>[] };
  const read = keepReading(
    () => {
      const reading = Promise.withResolvers<number>();
      world.started.push(reading);
      return reading.promise;
    },
    { ms: 10_000, now: () => world.now },
  );
  return { world, read };
}

test("whoever asks while it is read, or soon after, gets the same reading; later ones a new one", async () => {
  const { world, read } = aReading();
  const together = [read(), read()];
  world.now = 5_000;
  world.started[0]!.resolve(1);
  expect(await Promise.all(together)).toEqual([1, 1]);
  world.now = 14_999;
  expect(await read()).toBe(1);
  expect(world.started).toHaveLength(1);
  world.now = 15_000;
  const later = read();
  world.started[1]!.resolve(2);
  expect(await later).toBe(2);
});

test("a reading that failed, or never came, is not kept", async () => {
  const { world, read } = aReading();
  const failed = read();
  world.started[0]!.reject(new Error("away"));
  await expect(failed).rejects.toThrow("away");
  void read();
  world.now = 60_000;
  void read();
  expect(world.started).toHaveLength(3);
});
