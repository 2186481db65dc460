import { reportMatrix, rounds } from "@oroboros/test-support";
import fc from "fast-check";
import { expect, test } from "vitest";
import { checkLeaseModel } from "../../test/lease-proofs/lease-model.ts";
import { aSeed } from "../../test/lease-proofs/random.ts";
import { useControlStore } from "../../test/use-control-store.ts";
import * as designed from "../../test/lease-proofs/lease-functions.ts";

const control = useControlStore({ slotCount: 2 });
const CASES = rounds(1_500);
const SEED = aSeed();
/** On a machine that does a lot else. */
const TIMEOUT_MS = 300_000;

test(
  "whatever is done in whatever order, a slot has one holder, and only its last grant is obeyed",
  { timeout: TIMEOUT_MS },
  async () => {
    const startedAt = performance.now();
    const report = await checkLeaseModel(control, designed, { cases: CASES, seed: SEED });
    const seconds = Math.round((performance.now() - startedAt) / 1_000);
    reportMatrix({ matrix: "lease-model", cases: CASES, violations: report.failed ? 1 : 0, seed: SEED, seconds });
    expect(report.failed, await fc.asyncDefaultReportMessage(report)).toBe(false);
  },
);
