import type { CommandSpec, OptionSpec } from "./command.ts";

export const RUN_ID: OptionSpec = { flags: "--run-id <run>", help: "the run that holds the slot" };
export const FORCE: OptionSpec = { flags: "--force", help: "act although a run holds the slot" };

export const RUN: NonNullable<CommandSpec["argument"]> = { name: "run_id", help: "the run's id" };
export const DRY_RUN: OptionSpec = {
  flags: "--dry-run",
  help: "print what would be done, or what it would be refused with, and do nothing",
};
export const FOLLOW: OptionSpec = {
  flags: "--follow",
  help: "go on until the run has ended; where output is one JSON object, all of it is printed then",
};
