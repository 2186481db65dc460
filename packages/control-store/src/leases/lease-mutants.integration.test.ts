import { reportMatrix } from "@oroboros/test-support";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import type { LeaseFunctions } from "../../test/lease-proofs/with-mutant.ts";
import { checkLeaseModel } from "../../test/lease-proofs/lease-model.ts";
import { stressLeases } from "../../test/lease-proofs/lease-stress.ts";
import { MUTANTS, type Proof } from "../../test/lease-proofs/mutants.ts";
import { aSeed } from "../../test/lease-proofs/random.ts";
import { mutatedSource, withMutant } from "../../test/lease-proofs/with-mutant.ts";
import { useControlStore } from "../../test/use-control-store.ts";

const model = useControlStore({ slotCount: 2, migrateAnew: true });
const seed = aSeed();
const MODEL_CASES = 2_000;
const STRESS_RUNS = 20;
/** What is done at once goes wrong by chance, nine times in ten with so few runs: each stress is another throw. */
const STRESSES = 10;
/** On a machine that does a lot else. */
const TIMEOUT_MS = 300_000;
const UNIQUE_VIOLATION = "23505";
const IN_SHORT = 3;
const tried = process.env["OROBOROS_TEST_FULL"] === "1" ? MUTANTS : MUTANTS.slice(0, IN_SHORT);

/** What the proof says against the mutant; undefined where it is content. */
const PROOFS: Readonly<Record<Proof, (leases: LeaseFunctions) => Promise<string | undefined>>> = {
  model: async (leases) => {
    const report = await checkLeaseModel(model, leases, { cases: MODEL_CASES, seed, endOnFailure: true });
    if (!report.failed) return undefined;
    // A mutant that does not even run is no proof of anything.
    if (!isVerdict(report.errorInstance)) throw report.errorInstance;
    return await fc.asyncDefaultReportMessage(report);
  },
  stress: async (leases) => {
    for (let stress = 0; stress < STRESSES; stress += 1) {
      const violations = await stressLeases(model, leases, { runs: STRESS_RUNS, seed: seed + stress });
      if (Object.values(violations).some((count) => count > 0)) return JSON.stringify(violations);
    }
    return undefined;
  },
};

/** The model's own objection, or the database's to a second row of what can only be there once. */
const isVerdict = (error: unknown): boolean =>
  error instanceof Error && (error.name === "AssertionError" || ("code" in error && error.code === UNIQUE_VIOLATION));

describe("leases that were broken on purpose", () => {
  let survivors = tried.length;
  afterAll(() => reportMatrix({ matrix: "lease-mutants", cases: tried.length, violations: survivors, seed }));

  test.each(tried)("are caught: one that $name", { timeout: TIMEOUT_MS }, async (mutant) => {
    const complaint = await withMutant(mutant, PROOFS[mutant.proof]);
    expect(complaint, `seed ${seed}`).toBeDefined();
    survivors -= 1;
  });

  test("are not found fault with in a copy that is like the source", { timeout: TIMEOUT_MS }, async () => {
    const untouched = { name: "is untouched", file: "leases/renew-lease.ts", edits: [] };
    const report = await withMutant(untouched, (leases) => checkLeaseModel(model, leases, { cases: 20, seed }));
    expect(report.errorInstance).toBeNull();
  });

  test("can all be broken so, in the source as it is", async () => {
    for (const mutant of MUTANTS) expect(await mutatedSource(mutant)).not.toBe("");
  });
});
