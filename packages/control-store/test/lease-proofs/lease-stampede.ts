import type { Stress } from "./lease-stress.ts";

const ASKERS = 12;
const STAMPEDES = 10;

type World = Pick<Stress, "control" | "leases" | "violations">;

/** Everybody asks for a slot at the same moment, and none of them waits in a queue. */
export async function stampede({ control, leases, violations }: World): Promise<void> {
  const runs = await Promise.all(Array.from({ length: ASKERS }, () => control.queueRun()));
  for (const { runId } of runs)
    await leases.endRun(control.db, { runId, to: "canceled", reasonCode: "AGENT_CANCELED" });
  for (let round = 0; round < STAMPEDES; round += 1) {
    const asked = runs.map(({ runId }) => leases.acquireLease(control.db, { runId, ttlSeconds: 60 }));
    const granted = (await Promise.all(asked)).filter((lease) => lease !== undefined);
    if (granted.length > control.slots.length) violations.doubleGrant += 1;
    for (const lease of granted) {
      if (!(await leases.releaseLease(control.db, lease, { clean: true }))) violations.lostRelease += 1;
    }
  }
}

/** What can wait leaves as many slots as runs are queued, also where much of it comes at the same moment. */
export async function stampedeOfUpkeep({ control, leases, violations }: World): Promise<void> {
  const { runId } = await control.queueRun();
  for (let round = 0; round < STAMPEDES; round += 1) {
    const asked = control.slots.map((slot) =>
      leases.acquireMaintenanceLease(control.db, slot, 60, { unlessQueued: true }),
    );
    const granted = (await Promise.all(asked)).filter((lease) => lease !== undefined);
    if (granted.length === control.slots.length) violations.passedOver += 1;
    for (const lease of granted) await leases.releaseLease(control.db, lease, { clean: true });
  }
  await leases.endRun(control.db, { runId, to: "canceled", reasonCode: "AGENT_CANCELED" });
}
