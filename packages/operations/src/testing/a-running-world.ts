import { endRun, expireLeases, listSlots } from "@oroboros/control-store";
import { tinyApp } from "@oroboros/test-runtime";
import { cleanSlots } from "../slots/clean-slots.ts";
import { aWorld, type TestWorld } from "./a-world.ts";
import { startProcesses } from "./start-processes.ts";

/** A world with a supervisor, surfaces, and the tiny application on main. */
export async function aRunningWorld(): Promise<TestWorld> {
  const world = await aWorld();
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

/** Ends every run that holds a slot, as an operator would, and leaves all slots clean and free. */
export async function cancelHolder({ context }: TestWorld): Promise<void> {
  const { store } = context;
  await expireLeases(store);
  for (const { runId } of await listSlots(store)) {
    if (runId !== null) await endRun(store, { runId, to: "canceled", reasonCode: "AGENT_CANCELED" });
  }
  await cleanSlots(context);
}
