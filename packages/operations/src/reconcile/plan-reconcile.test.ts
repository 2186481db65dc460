import { rounds } from "@oroboros/test-support";
import type { LeaseEpoch, RunId, SlotId } from "@oroboros/slot-contract";
import { describe, expect, test } from "vitest";
import {
  planHouse,
  planSlots,
  type EvidenceFacts,
  type IdleSlotFacts,
  type KeptFacts,
  type StoreFacts,
} from "./plan-reconcile.ts";

const NOW = new Date("2026-11-01T00:00:00Z");
const DAY_MS = 86_400_000;
const LIMITS = { evidenceMaxAgeMs: 30 * DAY_MS, evidenceBytes: 100, packagesBytes: 100 };
const idle: IdleSlotFacts = {
  slotId: "preview-1" as SlotId,
  worktrees: [],
  surfaces: [],
  surface: { path: "/placeholder", placeholder: "/placeholder" },
  backend: { worktree: "/home/preview-1", idle: "/home/preview-1" },
  steps: 0,
};

/** An ended run's evidence, by the days since. */
const ended = (runId: string, days: number, bytes: number): EvidenceFacts => ({
  runId: runId as RunId,
  endedAt: new Date(NOW.getTime() - days * DAY_MS),
  bytes,
});
const removed = (evidence: EvidenceFacts[]): string[] =>
  planHouse({ evidence, stores: [], now: NOW }, LIMITS).map((action) =>
    action.kind === "remove_evidence" ? `${action.runId} for ${action.why}` : action.kind,
  );

describe("a slot that stands idle", () => {
  test("and holds what idle slots hold is left alone, also where an operator stopped its backend", () => {
    expect(planSlots([idle, { ...idle, backend: { ...idle.backend, worktree: null } }], [])).toEqual([]);
  });

  test.each<[string, Partial<IdleSlotFacts>, string]>([
    ["a worktree", { worktrees: ["r-1"] }, "worktree r-1"],
    ["a build", { surfaces: ["r-1"] }, "surface r-1"],
    ["a surface that shows a run", { surface: { path: "/x", placeholder: "/p" } }, "the surface serves /x"],
    ["no surface", { surface: { path: undefined, placeholder: "/p" } }, "the surface serves nothing"],
    ["a run's backend", { backend: { worktree: "/w", idle: "/h" } }, "a backend in /w"],
    ["a command that runs", { steps: 2 }, "2 commands"],
  ])("with %s is cleaned", (_what, stray, why) => {
    expect(planSlots([{ ...idle, ...stray }], [])).toEqual([{ kind: "clean_slot", slotId: idle.slotId, why }]);
  });
});

test("a database that was put aside is dropped once no publish of its slot may want it back", () => {
  const slotId = idle.slotId;
  const heldUnder = "7" as LeaseEpoch;
  expect(planSlots([], [{ slotId, heldUnder, isPublishing: false }])).toEqual([
    { kind: "drop_kept", slotId, heldUnder },
  ]);
  expect(planSlots([], [{ slotId, heldUnder, isPublishing: true }])).toEqual([]);
});

describe("evidence", () => {
  test("of runs that ended too long ago goes, that of the last one excepted", () => {
    expect(removed([ended("old", 40, 1), ended("older", 50, 1), ended("oldest", 60, 1)])).toEqual([
      "oldest for age",
      "older for age",
    ]);
  });

  test("goes from the oldest on while all of it is too large", () => {
    expect(removed([ended("a", 1, 60), ended("b", 2, 60), ended("c", 3, 60)])).toEqual([
      "c for budget",
      "b for budget",
    ]);
  });

  test("of a run that has not ended stays, and counts", () => {
    const live: EvidenceFacts = { runId: "live" as RunId, endedAt: null, bytes: 1_000 };
    expect(removed([live, ended("a", 1, 1), ended("b", 2, 1)])).toEqual(["b for budget"]);
  });
});

describe("packages", () => {
  const store = (key: string, { isMains = false, days = 1 } = {}): StoreFacts => ({
    key,
    isMains,
    bytes: 60,
    usedAt: new Date(NOW.getTime() - days * DAY_MS),
  });
  const keys = (stores: StoreFacts[]): string[] =>
    planHouse({ evidence: [], stores, now: NOW }, LIMITS).map((action) =>
      action.kind === "remove_packages" ? action.key : "",
    );

  test("that main asks for stay, however large they are", () => {
    expect(keys([store("a", { isMains: true }), store("b", { isMains: true })])).toEqual([]);
  });

  test("go from those on that were not used for longest, as far as the budget asks for it", () => {
    expect(keys([store("new"), store("old", { days: 9 })])).toEqual(["old"]);
    expect(keys([store("only")])).toEqual([]);
  });

  test("that were used within the last hour stay, because a publish may still be at them", () => {
    expect(keys([store("new", { days: 0.03 }), store("newer", { days: 0.02 })])).toEqual([]);
    expect(keys([store("new", { days: 0.05 }), store("newer", { days: 0.02 })])).toEqual(["new"]);
  });
});

test("whatever is observed, nothing is named that a live run, an idle slot or main uses, and what is left fits where it can", () => {
  let state = 20_261_101;
  const below = (limit: number): number => (state = (state * 48_271) % 2_147_483_647) % limit;
  const some = <T>(make: (index: number) => T): T[] => Array.from({ length: below(8) }, (_, index) => make(index));
  for (let round = 0; round < rounds(2_000); round += 1) {
    const evidence = some((index): EvidenceFacts => ({
      ...ended(`r${index}`, below(60), below(80)),
      ...(below(3) === 0 && { endedAt: null }),
    }));
    const stores = some((index): StoreFacts => ({
      key: `k${index}`,
      isMains: below(2) === 0,
      bytes: below(80),
      usedAt: new Date(below(1_000)),
    }));
    const slots = some((index): IdleSlotFacts => ({ ...idle, slotId: `preview-${index}` as SlotId, steps: below(2) }));
    const kept = some((index): KeptFacts => ({
      slotId: `preview-${index}` as SlotId,
      heldUnder: null,
      isPublishing: below(2) === 0,
    }));
    const named = [...planHouse({ evidence, stores, now: NOW }, LIMITS), ...planSlots(slots, kept)];
    const goes = (what: string): boolean => named.some((action) => Object.values(action).includes(what));
    for (const { runId, endedAt } of evidence) if (endedAt === null) expect(goes(runId)).toBe(false);
    for (const { key, isMains } of stores) if (isMains) expect(goes(key)).toBe(false);
    const isNamed = (kind: string, slotId: SlotId): boolean =>
      named.some((action) => action.kind === kind && "slotId" in action && action.slotId === slotId);
    for (const { slotId, steps } of slots) expect(isNamed("clean_slot", slotId)).toBe(steps > 0);
    for (const { slotId, isPublishing } of kept) expect(isNamed("drop_kept", slotId)).toBe(!isPublishing);
    const left = evidence.filter(({ runId }) => !goes(runId));
    const total = left.reduce((bytes, each) => bytes + each.bytes, 0);
    expect(total <= LIMITS.evidenceBytes || left.filter(({ endedAt }) => endedAt !== null).length <= 1).toBe(true);
  }
});
