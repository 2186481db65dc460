import { test, expect } from "vitest";
import { withMutant } from "../../test/lease-proofs/with-mutant.ts";
import { OperatorError } from "@oroboros/slot-contract";
import { useControlStore } from "../../test/use-control-store.ts";
const control = useControlStore({ slotCount: 2 });
test("x", async () => {
  for (let i = 0; i < 3; i++) {
  const t = performance.now();
  await withMutant({ name: "x", file: "leases/release-lease.ts", edits: [["and lease_epoch = ${lease.leaseEpoch} and expires", "and expires"]] }, async (leases) => {
    console.log("loaded", performance.now() - t);
    const { runId } = await control.queueRun();
    const l = await leases.acquireLease(control.db, { runId, ttlSeconds: 5 });
    console.log(l, await leases.releaseLease(control.db, { ...l!, leaseEpoch: "77" as never }));
    await leases.transitionRun(control.db, { runId, to: "merged" }).catch((e) => console.log(e instanceof OperatorError, e.code));
    await leases.transitionRun(control.db, { runId, to: "queued" }).catch((e) => console.log(e instanceof OperatorError, e.code));
  });
  }
});
