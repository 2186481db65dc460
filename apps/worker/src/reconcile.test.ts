import type { Context } from "@oroboros/operations";
import { expect, test } from "vitest";
import { reconcile } from "./reconcile.ts";

/** A context whose database answers when the test lets it, and then with an error. */
function aSlowContext() {
  const answers: (() => void)[] = [];
  const errors: object[] = [];
  const transaction = () => ({
    execute: () => new Promise((_resolve, reject) => answers.push(() => reject(new Error("the server is restarting")))),
  });
  const log = { info: () => undefined, warn: () => undefined, error: (fields: object) => void errors.push(fields) };
  const context = { store: { transaction }, log } as unknown as Context;
  const answer = async (): Promise<void> => {
    answers.at(-1)?.();
    await new Promise(setImmediate);
  };
  return { context, rounds: () => answers.length, errors, answer };
}

test("whoever asks while a round is under way is not kept waiting, and one more round follows for all who asked", async () => {
  const world = aSlowContext();
  const first = reconcile(world.context);
  await Promise.all([reconcile(world.context), reconcile(world.context)]);
  expect(world.rounds()).toBe(1);
  await world.answer();
  expect(world.rounds()).toBe(2);
  await world.answer();
  await first;
  expect(world.rounds()).toBe(2);
});

test("a round that fails is reported, and the next one that is asked for takes place", async () => {
  const world = aSlowContext();
  for (const rounds of [1, 2]) {
    const round = reconcile(world.context);
    await world.answer();
    await round;
    expect(world.rounds()).toBe(rounds);
  }
  expect(world.errors).toHaveLength(2);
});
