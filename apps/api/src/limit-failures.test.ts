import { expect, test } from "vitest";
import { limitFailures } from "./limit-failures.ts";

function aLimit() {
  let now = 0;
  const limit = limitFailures(() => now);
  const refusals = (peer: string, times: number) =>
    Array.from({ length: times }, () => limit.count(peer)).filter((refusal) => refusal !== undefined);
  return { refusals, pass: (ms: number) => void (now += ms) };
}

test("twenty failures a minute are told apart, the next ones are one too many until the minute is over", () => {
  const { refusals, pass } = aLimit();
  expect(refusals("a", 20)).toEqual([]);
  pass(45_500);
  expect(refusals("a", 2)).toMatchObject([{ retryAfterSeconds: 15 }, { retryAfterSeconds: 15 }]);
  pass(14_500);
  expect(refusals("a", 21)).toMatchObject([{ retryAfterSeconds: 60 }]);
});

test("one peer's failures are no other's", () => {
  const { refusals } = aLimit();
  expect(refusals("a", 30)).toHaveLength(10);
  expect(refusals("b", 20)).toEqual([]);
});

test("of more peers than are kept the one that failed longest ago is forgotten", () => {
  const { refusals } = aLimit();
  refusals("first", 20);
  refusals("kept", 20);
  for (let peer = 0; peer < 998; peer += 1) refusals(`peer ${peer}`, 1);
  expect(refusals("kept", 1)).toHaveLength(1);
  refusals("one more", 1);
  expect(refusals("first", 1)).toEqual([]);
});
