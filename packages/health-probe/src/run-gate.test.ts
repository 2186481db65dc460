import { expect, test } from "vitest";
import { healthy, unhealthy, type Probe, type ProbeAnswer } from "./probe.ts";
import { runGate, type GateClock } from "./run-gate.ts";

const policy = { deadlineMs: 1000, intervalMs: 100, consecutivePasses: 2 };

test("a service that comes up passes after enough healthy looks in a row", async () => {
  const backend = scriptedProbe("backend", "down down up down up up");
  const outcome = await runGate({ probes: [backend], policy, clock: virtualClock() });
  expect(outcome).toEqual({ passed: true, attempts: 6, answers: [{ name: "backend", healthy: true, detail: "up" }] });
});

test("a look passes only when every probe is healthy in it", async () => {
  const probes = [scriptedProbe("backend", "up down up up"), scriptedProbe("surface", "down up up up")];
  expect(await runGate({ probes, policy, clock: virtualClock() })).toMatchObject({ passed: true, attempts: 4 });
});

test("a failed gate carries each probe's last answer and the last log lines", async () => {
  const clock = virtualClock();
  const outcome = await runGate({
    probes: [scriptedProbe("backend", "down"), scriptedProbe("surface", "up")],
    policy,
    clock,
    lastLogLines: () => Promise.resolve(["Error: no such table"]),
  });
  expect(outcome).toEqual({
    passed: false,
    attempts: 11,
    answers: [
      { name: "backend", healthy: false, detail: "down" },
      { name: "surface", healthy: true, detail: "up" },
    ],
    lastLogLines: ["Error: no such table"],
  });
  expect(clock.now()).toBe(1000);
});

test("a probe that hangs and ignores its signal ends at the deadline", async () => {
  const clock = virtualClock();
  const hanging: Probe = { name: "backend", check: () => new Promise(() => undefined) };
  const outcome = await runGate({ probes: [hanging, scriptedProbe("surface", "up")], policy, clock });
  expect(outcome).toMatchObject({
    passed: false,
    attempts: 1,
    answers: [
      { name: "backend", healthy: false, detail: "no answer by the deadline" },
      { name: "surface", healthy: true },
    ],
  });
  expect(clock.now()).toBe(1000);
});

test("a probe that is cut off reports what it said before", async () => {
  let looks = 0;
  const probe: Probe = {
    name: "backend",
    check: () => ((looks += 1) === 1 ? Promise.resolve(unhealthy("answered 503")) : new Promise(() => undefined)),
  };
  const outcome = await runGate({ probes: [probe], policy, clock: virtualClock() });
  expect(outcome.answers).toEqual([
    { name: "backend", healthy: false, detail: "no answer by the deadline; before that: answered 503" },
  ]);
});

test("a probe that is cut off is told so", async () => {
  let told: AbortSignal | undefined;
  const hanging: Probe = { name: "backend", check: (signal) => new Promise(() => (told = signal)) };
  await runGate({ probes: [hanging], policy, clock: virtualClock() });
  expect(told?.aborted).toBe(true);
});

test("aborting ends the gate with the reason, and no log is read", async () => {
  const stop = new AbortController();
  const probe: Probe = {
    name: "backend",
    check: () => Promise.resolve(unhealthy("down")).finally(() => stop.abort("canceled")),
  };
  const lastLogLines = (): never => expect.fail("read the log");
  const gate = runGate({ probes: [probe], policy, clock: virtualClock(), signal: stop.signal, lastLogLines });
  await expect(gate).rejects.toBe("canceled");
});

/** Answers by a script such as `down up`, the last word for ever. */
function scriptedProbe(name: string, script: string): Probe {
  const words = script.split(" ");
  const next = (): ProbeAnswer => {
    const word = words.length > 1 ? words.shift() : words[0];
    return word === "up" ? healthy("up") : unhealthy("down");
  };
  return { name, check: () => Promise.resolve(next()) };
}

/** Time passes only when everything else waits: each sleeper wakes at its own moment, in order. */
function virtualClock(): GateClock {
  let time = 0;
  const sleepers = new Map<object, { due: number; wake: () => void }>();
  const wakeFirst = (): void => {
    const [first] = [...sleepers.values()].toSorted((a, b) => a.due - b.due);
    if (first === undefined) return;
    time = Math.max(time, first.due);
    first.wake();
  };
  return {
    now: () => time,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        const key = {};
        const wake = (): void => {
          sleepers.delete(key);
          resolve();
        };
        sleepers.set(key, { due: time + ms, wake });
        signal.addEventListener("abort", wake, { once: true });
        setImmediate(wakeFirst);
      }),
  };
}
