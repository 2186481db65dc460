import { expect, test } from "vitest";
import { limitStreams } from "./limit-streams.ts";

const TOO_MANY = expect.objectContaining({ code: "rate_limited", hint: expect.stringContaining("Close one") });

function openAll(limit: ReturnType<typeof limitStreams>, principal: string, count: number): (() => void)[] {
  return Array.from({ length: count }, () => limit.open(principal));
}

test("one principal has 32 streams, another still has his own, and an ended one makes room once", () => {
  const limit = limitStreams();
  const [end] = openAll(limit, "token:1:a", 32);
  expect(() => limit.open("token:1:a")).toThrow(TOO_MANY);
  limit.open("token:2:b");
  end?.();
  end?.();
  limit.open("token:1:a");
  expect(() => limit.open("token:1:a")).toThrow(TOO_MANY);
});

test("all of them have 256", () => {
  const limit = limitStreams();
  const ends = Array.from({ length: 8 }, (_, index) => openAll(limit, `token:${index}:a`, 32)).flat();
  expect(() => limit.open("token:9:a")).toThrow(TOO_MANY);
  ends[0]?.();
  limit.open("token:9:a");
});
