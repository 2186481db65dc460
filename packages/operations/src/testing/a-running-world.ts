import { endRun, expireLeases, listSlots } from "@oroboros/control-store";
import { tinyApp } from "@oroboros/test-runtime";
import { cleanSlots } from "../slots/clean-slots.ts";
import { aWorld, type TestWorld } from "./a-world.ts";
import { startProcesses } from "./start-processes.ts";

/** A world with a supervisor, surfaces, and the tiny application on main. */
export async function aRunningWorld(): Promise<TestWorld> {
  await using started = new AsyncDisposableStack();
  const world = started.use(await aWorld());
  started.use(await startProcesses(world.contract));
  await world.push("main", tinyApp());
  const all = started.move();
  return { ...world, [Symbol.asyncDispose]: () => all.disposeAsync() };
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
