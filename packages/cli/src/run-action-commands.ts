import { FAILURE_CODES, RUN_STATES } from "@oroboros/slot-contract";
import type { CommandSpec, OptionSpec } from "./command.ts";
import { DRY_RUN, RUN } from "./option-specs.ts";

const REVIEWER: OptionSpec = {
  flags: "--reviewer <label>",
  help: "who looked; a label, the audit says whose token it was",
};
const code = (help: string): OptionSpec => ({ flags: "--code <code>", help, choices: FAILURE_CODES });

/** What moves a run, and what is decided on it. */
export const RUN_ACTION_COMMANDS: readonly CommandSpec[] = [
  {
    name: "runs retry",
    summary: "Queue a new run that does again what one that failed, was canceled or expired was asked for.",
    argument: RUN,
    options: [DRY_RUN],
    load: async () => (await import("./commands/runs-retry.ts")).runsRetry,
  },
  {
    name: "runs resume",
    summary: "Queue a new run of exactly the commit of one that ran out of time or expired.",
    argument: RUN,
    options: [DRY_RUN],
    load: async () => (await import("./commands/runs-retry.ts")).runsResume,
  },
  {
    name: "runs transition",
    summary: "Say how far an agent's run is, up to testing, or end it; what comes after testing only the system says.",
    argument: RUN,
    options: [
      { flags: "--to <status>", help: "the state it is in from now on", required: true, choices: RUN_STATES },
      code("why it failed; required with failed"),
      DRY_RUN,
    ],
    load: async () => (await import("./commands/runs-transition.ts")).runsTransition,
  },
  {
    name: "runs expire",
    summary: "Expire a run and free its slot.",
    argument: RUN,
    options: [{ flags: "--reason <text>", help: "kept with the run" }, DRY_RUN],
    load: async () => (await import("./commands/runs-expire.ts")).runsExpire,
  },
  {
    name: "runs extend",
    summary: "Let a preview under review keep its slot longer.",
    argument: RUN,
    options: [{ flags: "--hours <hours>", help: "how much longer, up to 720", required: true }, DRY_RUN],
    load: async () => (await import("./commands/runs-extend.ts")).runsExtend,
  },
  {
    name: "runs diff",
    summary: "Show what a run's commit changes since it left main.",
    argument: RUN,
    options: [],
    load: async () => (await import("./commands/runs-diff.ts")).runsDiff,
  },
  {
    name: "runs checks",
    summary: "List the checks of a run's newest publish.",
    argument: RUN,
    options: [],
    load: async () => (await import("./commands/runs-checks.ts")).runsChecks,
  },
  {
    name: "runs approve",
    summary:
      "Approve exactly the commit that a run's preview shows. Publishing again voids it; nothing merges or deploys it yet.",
    argument: RUN,
    options: [
      { flags: "--commit <sha>", help: "refuse unless the preview still shows this commit, by its full id" },
      { flags: "--reason <text>", help: "kept with the approval" },
      REVIEWER,
      DRY_RUN,
    ],
    load: async () => (await import("./commands/runs-approve.ts")).runsApprove,
  },
  {
    name: "runs reject",
    summary: "Reject a run: it fails, and its slot is free.",
    argument: RUN,
    options: [
      { flags: "--reason <text>", help: "what is wrong with it", required: true },
      { ...code("what it fails with"), default: "POLICY_REJECTED" },
      REVIEWER,
      DRY_RUN,
    ],
    load: async () => (await import("./commands/runs-approve.ts")).runsReject,
  },
];
