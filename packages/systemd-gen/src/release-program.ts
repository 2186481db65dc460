import { etcPath, type RuntimeContract } from "@oroboros/slot-contract";
import {
  commandPath,
  outcomesPath,
  releaseApp,
  releaseNode,
  releasePrograms,
  WORKER_USER,
} from "@oroboros/slot-contract/host";
import type { Command, Specifier, Text } from "./unit-file.ts";

/** Keeps a small idle Node process small: less young generation, compiled code kept lean. */
const NODE_FLAGS = ["--max-semi-space-size=1", "--optimize-for-size"];
/** Of one that mostly waits for others: V8's optimizing compilers cost it 10 MB. A surface, which works for every visitor, has them. */
const WAITING_FLAGS = ["--no-opt", "--no-maglev"];

/** One of the release's programs; the link to the release resolves when the process starts. */
export const releasedApp = (contract: RuntimeContract, app: string, ...args: Text[]): Command => ({
  argv: [
    releaseNode(contract),
    ...NODE_FLAGS,
    ...(app === "web-surface" ? [] : WAITING_FLAGS),
    releaseApp(contract, app),
    ...args,
  ],
});

export const INSTANCE: Specifier = { specifier: "i" };
const UNIT_NAME: Specifier = { specifier: "n" };

/** Where a process of ours finds the release's own programs before the host's. */
export const releaseEnvironment = (contract: RuntimeContract): Record<string, string> => ({
  PATH: commandPath(contract),
  LANG: "C.UTF-8",
});

/** Root's, and read by PID 1 alone. */
export const secretsFile = (contract: RuntimeContract, name: string): string => `${etcPath(contract)}/${name}.env`;

/** Writes down how the unit ended, as root, by the program of outcome-program.ts. */
export const writeOutcome = (contract: RuntimeContract): Command => ({
  argv: [
    `${releasePrograms(contract)}/outcome`,
    [UNIT_NAME],
    [`${outcomesPath(contract)}/`, UNIT_NAME, ".json"],
    WORKER_USER,
  ],
  asRoot: true,
});
