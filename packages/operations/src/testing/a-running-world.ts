import { findLease, releaseLease, transitionRun } from "@oroboros/control-store";
import { tinyApp } from "@oroboros/test-runtime";
import { cleanSlots } from "../slots/clean-slots.ts";
import { aWorld, type TestWorld } from "./a-world.ts";
import { startProcesses } from "./start-processes.ts";

/** A world with a supervisor, surfaces, and the tiny application on main. */
export async function aRunningWorld(options: { portOffset: number }): Promise<TestWorld> {
  const world = await aWorld(options);
  const processes = await startProcesses(world.contract);
  await world.push("main", tinyApp());
  return {
    ...world,
    [Symbol.asyncDispose]: async () => {
      await processes[Symbol.asyncDispose]();
      await world[Symbol.asyncDispose]();
    },
  };
}

/** Ends the run that holds the first slot, if one does, as an operator would. */
export async function cancelHolder({ context, slot }: TestWorld): Promise<void> {
  const { store } = context;
  const lease = await findLease(store, slot);
  if (lease.runId === null) return;
  await transitionRun(store, { runId: lease.runId, to: "canceled", reasonCode: "AGENT_CANCELED" });
  await releaseLease(store, lease);
  await cleanSlots(context);
}
