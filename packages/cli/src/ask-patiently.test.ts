import { OperatorError } from "@oroboros/slot-contract";
import { expect, test } from "vitest";
import { askPatiently } from "./ask-patiently.ts";

function aClock() {
  let now = 0;
  return { now: () => now, sleep: async (ms: number) => void (now += ms), today: () => new Date() };
}
const away = (): never => {
  throw new OperatorError("unreachable", "The api does not answer.", { hint: "Start it." });
};

test("whoever waits outlasts an api that is away for a moment", async () => {
  let asked = 0;
  expect(await askPatiently(aClock(), async () => ((asked += 1) < 5 ? away() : "there"))).toBe("there");
});

test("but not one that stays away, and the time is bounded", async () => {
  const clock = aClock();
  await expect(askPatiently(clock, async () => away())).rejects.toMatchObject({ code: "unreachable" });
  expect(clock.now()).toBe(30_000);
});

test("an answer that refuses is not asked for again", async () => {
  let asked = 0;
  const refused = askPatiently(aClock(), async () => {
    asked += 1;
    throw new OperatorError("run_not_found", "There is no run.", { hint: "List them." });
  });
  await expect(refused).rejects.toMatchObject({ code: "run_not_found" });
  expect(asked).toBe(1);
});
