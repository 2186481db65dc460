import { reportMatrix, rounds } from "@oroboros/test-support";
import { expect, test } from "vitest";
import { aSeed } from "../../test/lease-proofs/random.ts";
import { stressLeases } from "../../test/lease-proofs/lease-stress.ts";
import { NO_VIOLATIONS } from "../../test/lease-proofs/stress-witness.ts";
import { useControlStore } from "../../test/use-control-store.ts";
import * as designed from "../../test/lease-proofs/lease-functions.ts";

const control = useControlStore({ slotCount: 3 });
const RUNS = rounds(300);
/** On a machine that does a lot else. */
const TIMEOUT_MS = 300_000;

test(
  `twelve workers that pause, reap and are delivered ${RUNS} runs twice never hold a slot that is another's`,
  { timeout: TIMEOUT_MS },
  async () => {
    const seed = aSeed();
    const startedAt = performance.now();
    const seen = await stressLeases(control, designed, { runs: RUNS, seed });
    const violations = Object.values(seen).reduce((sum, count) => sum + count, 0);
    const seconds = Math.round((performance.now() - startedAt) / 1_000);
    reportMatrix({ matrix: "lease-stress", cases: RUNS, violations, seed, seconds });
    expect(seen).toEqual(NO_VIOLATIONS);
  },
);
