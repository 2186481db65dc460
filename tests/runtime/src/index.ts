export { createRun, endOfRun, showRun } from "./finished-run.ts";
export type { FinishedRun } from "./finished-run.ts";
export { runScript, startRuntime } from "./start-runtime.ts";
export type { CommandOutcome, Runtime } from "./start-runtime.ts";
export { tinyApp } from "./tiny-app.ts";
export type { TinyApp } from "./tiny-app.ts";
export { commandsOf, openMachine } from "./machine.ts";
export type { Machine, MachineSlot, TestProcess, TestWorker } from "./machine.ts";
