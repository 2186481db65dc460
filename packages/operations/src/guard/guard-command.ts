import { currentPath, type RuntimeContract } from "@oroboros/slot-contract";

/** A program and its first arguments. */
export type ProgramArgv = readonly [string, ...string[]];

/** What the optimizing compiler of WebAssembly takes for a text of half a megabyte is more than the text's whole syntax tree. */
const LITTLE_MEMORY = ["--liftoff-only", "--max-old-space-size=256"];

/** The release's own reader of migrations, which gets a process of its own: neither its parser nor its input is a worker's to hold. */
export const guardCommand = (contract: RuntimeContract): ProgramArgv => [
  process.execPath,
  ...LITTLE_MEMORY,
  `${currentPath(contract)}/apps/migration-guard.js`,
];
