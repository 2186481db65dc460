import {
  commitShaSchema,
  OperatorError,
  parseSlotId,
  runIdSchema,
  SEED_VERSION,
  SNAPSHOT_VERSION,
  type CommitSha,
  type RunId,
  type SlotId,
} from "@oroboros/slot-contract";
import { badValue } from "./bad-value.ts";

/** Stands for a run where nothing is changed, as the documents' examples write it. */
const DRY_RUN_ID = "dry-run";

/** How long `--wait` waits. */
export const WAIT_OPTION = { name: "waitSeconds", flag: "--wait-seconds", maximum: 86_400 };

/** The options and the argument of one command line, by their camelCase names. */
export interface CommandInput {
  /** A required option or argument, or one with a default. */
  text(name: string): string;
  optionalText(name: string): string | undefined;
  flag(name: string): boolean;
  list(name: string): string[];
}

export function commandInput(values: Readonly<Record<string, unknown>>): CommandInput {
  const optionalText = (name: string): string | undefined => {
    const value = values[name];
    return typeof value === "string" ? value : undefined;
  };
  return {
    optionalText,
    text: (name) => {
      const value = optionalText(name);
      if (value === undefined) throw new Error(`the command table does not require ${name}`);
      return value;
    },
    flag: (name) => values[name] === true,
    list: (name) => {
      const value = values[name];
      return Array.isArray(value) ? value.map(String) : [];
    },
  };
}

/** @throws OperatorError `invalid_request` for anything but a run id. */
export function parseRunId(text: string, name = "<run_id>"): RunId {
  const parsed = runIdSchema.safeParse(text);
  if (parsed.success) return parsed.data;
  const allowed = "give the id of a run, such as 0b6c6e6e-6d4e-4a43-9d4f-0a4f4b1a5c11";
  throw badValue(name, text, { allowed, hint: "List the runs with: oroboros runs list" });
}

/** The run that a command is about. @throws OperatorError `invalid_request`. */
export const runIdArgument = (input: CommandInput): RunId => parseRunId(input.text("run_id"));

/** The run named by `--run-id`; none where a dry run names the documents' `dry-run`. */
export function optionalRunId(input: CommandInput): RunId | undefined {
  const text = input.optionalText("runId");
  if (text === undefined || (text === DRY_RUN_ID && input.flag("dryRun"))) return undefined;
  return parseRunId(text, "--run-id");
}

/** The commit named by `--commit`. @throws OperatorError `invalid_request` for anything but a full id. */
export function optionalCommit(input: CommandInput): CommitSha | undefined {
  const text = input.optionalText("commit");
  if (text === undefined) return undefined;
  const parsed = commitShaSchema.safeParse(text);
  if (parsed.success) return parsed.data;
  const allowed = "give a full commit id: 40 of the digits 0 to 9 and a to f";
  throw badValue("--commit", text, { allowed, hint: "Find it with: git rev-parse HEAD" });
}

/** @throws OperatorError `invalid_slot` for anything that is not one of the contract's slots. */
export function parseSlot(
  contract: { slotCount: number },
  input: CommandInput,
  name: "--slot" | "--from-slot" | "<slot>",
): SlotId {
  const text = input.text("slot");
  try {
    return parseSlotId(contract, text);
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    const { message } = badValue(name, text, {
      allowed: "give the id of a slot of this host, such as preview-1",
      hint: "",
    });
    throw new OperatorError(error.code, message, { hint: error.hint });
  }
}

/** @throws OperatorError `invalid_request` for what can not be the name of a seed. */
export function seedVersion(input: CommandInput): string {
  const version = input.text("seedVersion");
  if (SEED_VERSION.test(version)) return version;
  const allowed = "give the version of a seed, such as v1";
  const hint =
    "Versions stand in oroboros.app.json on main, under database.seeds; infra/db/preview/seeds/<version>.sql on main is one too.";
  throw badValue("--seed-version", version, { allowed, hint });
}

/**
 * What a database is to start from, as `--strategy` says.
 *
 * @throws OperatorError `invalid_request` where the version of the strategy is missing, or another one's is given.
 */
export function databaseChoice(input: CommandInput): { seedVersion: string } | { snapshotVersion: string } {
  const isSeed = input.text("strategy") === "seed";
  const [own, other] = isSeed ? (["seed", "snapshot"] as const) : (["snapshot", "seed"] as const);
  const version = input.optionalText(`${own}Version`);
  const hint = `Write: --strategy ${own} --${own}-version <version>`;
  const others = input.optionalText(`${other}Version`);
  if (others !== undefined) {
    // Whoever gave only that one meant its strategy.
    const meant = version === undefined ? `Write: --strategy ${other} --${other}-version ${others}` : hint;
    throw new OperatorError("invalid_request", `--${other}-version does not go with --strategy ${own}.`, {
      hint: meant,
    });
  }
  if (version === undefined)
    throw new OperatorError("invalid_request", `--${own}-version is missing: --strategy ${own} needs it.`, { hint });
  if (isSeed) return { seedVersion: seedVersion(input) };
  return { snapshotVersion: parseSnapshotVersion(version, "--snapshot-version") };
}

/** @throws OperatorError `invalid_request` for what can not be the version of a snapshot. */
export function parseSnapshotVersion(text: string, name = "<version>"): string {
  if (SNAPSHOT_VERSION.test(text)) return text;
  const allowed = "give 1 to 64 letters, digits, dots, dashes and underscores, such as demo-1";
  throw badValue(name, text, { allowed, hint: "List the snapshots with: oroboros db snapshot list" });
}

/** A whole number of seconds. @throws OperatorError `invalid_request`. */
export function optionalSeconds(
  input: CommandInput,
  { name, flag, maximum }: { name: string; flag: string; maximum: number },
): number | undefined {
  const text = input.optionalText(name);
  if (text === undefined) return undefined;
  const seconds = /^[1-9][0-9]{0,8}$/.test(text) ? Number(text) : Number.NaN;
  if (seconds <= maximum) return seconds;
  const allowed = `give a whole number of seconds from 1 to ${maximum}`;
  throw badValue(flag, text, { allowed, hint: `For example: ${flag} 30` });
}
