import { sweepSlots, type Context } from "@oroboros/operations";
import { expect, test } from "vitest";
import { reconcile } from "./reconcile.ts";

type Sweep = typeof sweepSlots;

/** A sweep that ends when the test lets it, and then with an error. */
function aSlowSweep() {
  const answers: (() => void)[] = [];
  const told: { level: string; fields: object }[] = [];
  const sweep: Sweep = () =>
    new Promise((_resolve, reject) => answers.push(() => reject(new Error("the server is restarting"))));
  const note = (level: string) => (fields: object) => void told.push({ level, fields });
  const limits: (() => void)[] = [];
  const clock = { sleep: () => new Promise<void>((resolve) => limits.push(resolve)) };
  const log = { info: note("info"), warn: note("warn"), error: note("error") };
  const context = { clock, log } as unknown as Context;
  const settle = (): Promise<unknown> => new Promise(setImmediate);
  const answer = async (): Promise<void> => {
    answers.at(-1)?.();
    await settle();
  };
  return {
    round: (other = sweep) => reconcile(context, undefined, other),
    rounds: () => answers.length,
    errors: () => told.filter(({ level }) => level === "error").map(({ fields }) => fields),
    answer,
    timeIsOver: async () => {
      limits.at(-1)?.();
      await settle();
    },
  };
}

test("whoever asks while a round is under way is not kept waiting, and one more round follows for all who asked", async () => {
  const world = aSlowSweep();
  const first = world.round();
  await Promise.all([world.round(), world.round()]);
  expect(world.rounds()).toBe(1);
  await world.answer();
  expect(world.rounds()).toBe(2);
  await world.answer();
  await first;
  expect(world.rounds()).toBe(2);
});

test.each([
  ["last", [false, true]],
  ["first", [true, false]],
])("the whole round that was asked for during a sweep follows it, also where it was asked for %s", async (_, asked) => {
  const world = aSlowSweep();
  const first = world.round();
  let whole = 0;
  const reconcileAll: Sweep = () => {
    whole += 1;
    return Promise.reject(new Error("the server is restarting"));
  };
  for (const isWhole of asked) await (isWhole ? world.round(reconcileAll) : world.round(sweepSlots));
  await world.answer();
  await first;
  expect([world.rounds(), whole]).toEqual([1, 1]);
});

test("a round that fails is reported, and the next one that is asked for takes place", async () => {
  const world = aSlowSweep();
  for (const rounds of [1, 2]) {
    const round = world.round();
    await world.answer();
    await round;
    expect(world.rounds()).toBe(rounds);
  }
  expect(world.errors()).toHaveLength(2);
});

test("a round that does not end is left behind after a while, and the next one takes place", async () => {
  const world = aSlowSweep();
  const stuck = world.round();
  await world.timeIsOver();
  await stuck;
  expect(world.errors()).toEqual([{ limit_ms: 300_000 }]);
  void world.round();
  expect(world.rounds()).toBe(2);
});
