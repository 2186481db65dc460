import { existsSync, writeFileSync } from "node:fs";
import { slotWorktrees, type LeaseEpoch } from "@oroboros/slot-contract";
import { eventually } from "@oroboros/test-support";
import { afterAll, beforeAll, expect, test } from "vitest";
import { aSupervisor, step, type TestSupervisor, writeJob } from "./testing/a-supervisor.ts";

let supervisor: TestSupervisor;
let last = 100;
const next = (): LeaseEpoch => String((last += 1)) as LeaseEpoch;
const STALE = { code: "stale_lease" };

beforeAll(async () => {
  supervisor = await aSupervisor();
});
afterAll(() => supervisor?.[Symbol.asyncDispose]());

const inWorktrees = (name: string): string => `${slotWorktrees(supervisor.contract, supervisor.slot)}/${name}`;
const touch = (name: string, leaseEpoch?: LeaseEpoch): Promise<unknown> =>
  supervisor.slots.runStep(supervisor.slot, step(supervisor, ["touch", name]), { ...(leaseEpoch && { leaseEpoch }) });

test("whoever presents an earlier lease than one before is refused, and does nothing", async () => {
  const { slots, slot } = supervisor;
  const [earlier, later] = [next(), next()];
  await touch("later", later);
  await writeJob(supervisor);
  await expect(touch("earlier", earlier)).rejects.toMatchObject(STALE);
  for (const command of ["start", "restart", "stop"] as const) {
    await expect(slots.backend(slot, command, { leaseEpoch: earlier })).rejects.toMatchObject(STALE);
  }
  await expect(slots.purge(slot, { leaseEpoch: earlier })).rejects.toMatchObject(STALE);
  expect(await slots.backend(slot, "status")).toMatchObject({ state: "stopped" });
  expect([existsSync(inWorktrees("later")), existsSync(inWorktrees("earlier"))]).toEqual([true, false]);
});

test("the same lease may be presented again and again, and an operator's command presents none", async () => {
  const { slots, slot } = supervisor;
  const epoch = next();
  await touch("one", epoch);
  await touch("two", epoch);
  await touch("by-hand");
  expect(await slots.backend(slot, "stop")).toMatchObject({ ok: true });
  await slots.purge(slot, { leaseEpoch: epoch });
  expect(existsSync(inWorktrees("two"))).toBe(false);
});

test("a lease of one slot says nothing about another", async () => {
  const { slots, slot, other } = supervisor;
  await slots.purge(slot, { leaseEpoch: next() });
  await slots.purge(other, { leaseEpoch: "1" as LeaseEpoch });
});

test("the steps of an earlier lease have ended before anything of a later one begins", async () => {
  const { slots, slot } = supervisor;
  const [earlier, later] = [next(), next()];
  const forEver = step(supervisor, ["sh", "-c", "touch begun; while :; do touch written; sleep 0.01; done"]);
  const stale = slots.runStep(slot, forEver, { leaseEpoch: earlier });
  await eventually(() => existsSync(inWorktrees("begun")), { deadlineMs: 60_000 });
  const alone = step(supervisor, ["sh", "-c", "rm -f written; sleep 0.1; test ! -e written"]);
  expect(await slots.runStep(slot, alone, { leaseEpoch: later })).toMatchObject({ exitCode: 0 });
  expect(await stale).toMatchObject({ exitCode: null, timedOut: false });
});

test("a restart that waited for its turn is refused where somebody else has the slot by then", async () => {
  const { slots, slot } = supervisor;
  const [earlier, later] = [next(), next()];
  const script = `process.on("SIGTERM", () => console.log("told")); setInterval(() => {}, 1000); console.log("deaf")`;
  const says = (line: string): Promise<unknown> =>
    eventually(async () => (await slots.backendLogTail(slot, 10)).includes(line), { deadlineMs: 60_000 });
  await writeJob(supervisor, { script });
  expect(await slots.backend(slot, "start", { leaseEpoch: earlier })).toMatchObject({ ok: true });
  await says("deaf");
  const waiting = slots.backend(slot, "restart", { leaseEpoch: earlier });
  await says("told");
  await touch("later", later);
  expect(await waiting).toMatchObject({ ok: false, reason: "stale_lease" });
  expect(await slots.backend(slot, "status")).toMatchObject({ state: "stopped" });
});

test("something that is no epoch is refused", async () => {
  writeFileSync(inWorktrees("kept"), "");
  await expect(supervisor.slots.purge(supervisor.slot, { leaseEpoch: "-1" as LeaseEpoch })).rejects.toMatchObject({
    code: "invalid_request",
  });
  expect(existsSync(inWorktrees("kept"))).toBe(true);
});
