import { expect, test } from "vitest";
import { outlastLocks } from "./outlast-locks.ts";

function aClock() {
  let now = 0;
  return { now: () => now, sleep: async (ms: number) => void (now += ms), today: () => new Date() };
}
const beingChanged = () => new Response("{}", { status: 409, headers: { "retry-after": "2" } });
const held = () => new Response("{}", { status: 409 });

/** What comes back where the api answers these one after the other, and the last one for ever; how often it was asked, and when last. */
async function askAll(...answers: (() => Response)[]): Promise<{ status: number; asked: number; at: number }> {
  const clock = aClock();
  let asked = 0;
  const fetch = async (): Promise<Response> => {
    asked += 1;
    return (answers[asked - 1] ?? answers.at(-1) ?? held)();
  };
  const { status } = await outlastLocks({ fetch, clock })("http://api.invalid/", { method: "POST", body: "{}" });
  return { status, asked, at: clock.now() };
}

test("what somebody else is changing is asked for again after the time that the api names", async () => {
  const ok = () => new Response("{}");
  expect(await askAll(beingChanged, beingChanged, ok)).toEqual({ status: 200, asked: 3, at: 4_000 });
});

test("a refusal is not asked for again", async () => {
  expect(await askAll(held)).toEqual({ status: 409, asked: 1, at: 0 });
});

test("and what does not end is given up after 20 seconds", async () => {
  expect(await askAll(beingChanged)).toEqual({ status: 409, asked: 11, at: 20_000 });
});
