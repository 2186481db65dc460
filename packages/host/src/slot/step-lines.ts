import type { OutputStream } from "../start-process.ts";

/** What a unit's program writes into its log, one JSON object a line. */
export type StepLine =
  /** The first one: this log is of that job and of none before. */
  | { job_id: string }
  | { stream: OutputStream; chunk: string }
  | { exit: StepExit }
  /** The packages were there already. */
  | { already: boolean }
  | { error: { code: string; message: string; hint: string } };

export type StepExit = Readonly<{
  exit_code: number | null;
  signal: string | null;
  /** The kernel ended a process of the step, which had used up the memory that its unit may take. */
  out_of_memory: boolean;
}>;

/** What a step's unit runs: as its user, where `cwd` says, with this environment and nothing else. */
export type StepJob = Readonly<{
  job_id: string;
  argv: readonly [string, ...string[]];
  cwd: string;
  env: Readonly<Record<string, string>>;
}>;

/** What the packages' unit does. */
export type PackagesJob = Readonly<
  { job_id: string; key: string } & (
    | { command: "fill"; lockfiles: readonly { oid: string; text: string }[] }
    | { command: "remove" }
  )
>;

/** A hostile build may print for ever. */
export const MAX_STEP_OUTPUT_BYTES = 8 * 1024 * 1024;
