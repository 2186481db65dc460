import { EVICTION_GRACE_SECONDS, EVICTION_IDLE_SECONDS } from "@oroboros/slot-contract";
import fc from "fast-check";
import { expect, test } from "vitest";
import { planEvictions, type EvictionPlan, type IdlePreview } from "./plan-evictions.ts";

const NOW = new Date("2026-11-21T12:00:00Z");
const ago = (seconds: number): Date => new Date(NOW.getTime() - seconds * 1_000);

/** Nobody has looked at it for so many seconds; it was warned so many seconds ago. */
function preview(slot: number, idle: number, warned?: number): IdlePreview {
  const warnedAt = warned === undefined ? null : ago(warned);
  return {
    slotId: `preview-${slot}`,
    runId: `run-${slot}`,
    leaseEpoch: "1",
    idleSince: ago(idle),
    warnedAt,
  } as IdlePreview;
}

const slotsOf = (plan: EvictionPlan): Record<keyof EvictionPlan, string[]> => ({
  warn: plan.warn.map(({ slotId }) => slotId),
  evict: plan.evict.map(({ slotId }) => slotId),
  forgive: plan.forgive.map(({ slotId }) => slotId),
});
const plan = (wanted: number, ...previews: IdlePreview[]) => slotsOf(planEvictions({ now: NOW, wanted, previews }));
const nothing = { warn: [], evict: [], forgive: [] };
const IDLE = EVICTION_IDLE_SECONDS;
const GRACE = EVICTION_GRACE_SECONDS;

test("while nobody waits nobody has to go, and a warning is over", () => {
  expect(plan(0, preview(1, 100 * IDLE), preview(2, IDLE, GRACE))).toEqual({ ...nothing, forgive: ["preview-2"] });
});

test("whoever was idle the longest is warned, as many as are wanted, and told when it has to go", () => {
  expect(plan(1, preview(1, IDLE), preview(2, IDLE + 1), preview(3, IDLE - 1))).toEqual({
    ...nothing,
    warn: ["preview-2"],
  });
  expect(plan(5, preview(1, IDLE), preview(2, IDLE + 1), preview(3, IDLE - 1))).toEqual({
    ...nothing,
    warn: ["preview-2", "preview-1"],
  });
  const { warn } = planEvictions({ now: NOW, wanted: 1, previews: [preview(1, IDLE)] });
  expect(warn[0]?.evictAt).toEqual(ago(-GRACE));
});

test("nobody goes before its grace is over, and then no more than are wanted", () => {
  expect(plan(1, preview(1, 2 * IDLE, GRACE - 1))).toEqual(nothing);
  expect(plan(1, preview(1, 2 * IDLE, GRACE), preview(2, 3 * IDLE, GRACE))).toEqual({
    ...nothing,
    evict: ["preview-2"],
  });
});

test("a warning that runs counts for what is wanted", () => {
  expect(plan(1, preview(1, 2 * IDLE, 5), preview(2, 3 * IDLE))).toEqual(nothing);
  expect(plan(2, preview(1, 2 * IDLE, 5), preview(2, 3 * IDLE))).toEqual({ ...nothing, warn: ["preview-2"] });
});

test("a preview that was looked at since its warning stays, and another one is warned", () => {
  expect(plan(1, preview(1, GRACE - 1, GRACE), preview(2, IDLE))).toEqual({
    evict: [],
    forgive: ["preview-1"],
    warn: ["preview-2"],
  });
});

test("whatever the facts are, only previews that were warned a grace ago and not looked at since go, and never more than are wanted", () => {
  const seconds = fc.integer({ min: 0, max: 3 * IDLE });
  const previews = fc.array(fc.tuple(seconds, fc.option(seconds, { nil: undefined })), { maxLength: 9 });
  fc.assert(
    fc.property(fc.integer({ min: -2, max: 9 }), previews, (wanted, drawn) => {
      const all = drawn.map(([idle, warned], slot) => preview(slot + 1, idle, warned));
      const { warn, evict, forgive } = planEvictions({ now: NOW, wanted, previews: all });
      expect(warn.length + evict.length).toBeLessThanOrEqual(Math.max(0, wanted));
      for (const { warnedAt, idleSince } of evict) {
        expect(warnedAt !== null && warnedAt <= ago(GRACE) && idleSince <= warnedAt).toBe(true);
      }
      for (const { idleSince } of warn) expect(idleSince <= ago(IDLE)).toBe(true);
      const named = [...warn, ...evict, ...forgive].map(({ slotId }) => slotId);
      expect(new Set(named).size).toBe(named.length);
    }),
  );
});
