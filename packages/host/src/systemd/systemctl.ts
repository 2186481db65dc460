import { OperatorError } from "@oroboros/slot-contract";
import { type CommandResult, runCommand } from "../run-command.ts";

const ENVIRONMENT = { PATH: "/usr/bin:/bin", LC_ALL: "C" };
/** More than any unit of ours is given to stop. */
const STOP_DEADLINE_MS = 60_000;
const SHOW_DEADLINE_MS = 30_000;
/** systemctl's exit statuses (systemctl(1), "Exit status"). */
const NO_PERMISSION = 4;
const NOT_FOUND = 5;

/** `said`: systemctl's own words, for a person to read. */
export type StartResult = Readonly<{ hasWorked: boolean; said: string }>;

/** Runs a unit to its end where it is a oneshot, and until it has begun where it stays. Resolves whatever became of it. */
export async function startUnit(unit: string, timeoutMs: number): Promise<StartResult> {
  const { exitCode, stderr } = await systemctl(["start", unit], timeoutMs);
  return { hasWorked: exitCode === 0, said: stderr.trim() };
}

/** Stops units and waits until nothing of them runs. Those that do not run are fine. */
export async function stopUnits(units: readonly string[]): Promise<void> {
  const result = await systemctl(["stop", ...units], STOP_DEADLINE_MS);
  if (result.exitCode !== 0) throw notDone("stopped", units, result);
}

/** @throws OperatorError `unit_failed` where systemd does not answer, or knows no such unit. */
export async function showUnits(units: readonly string[], properties: readonly string[]): Promise<string> {
  const result = await systemctl(["show", `--property=${properties.join(",")}`, ...units], SHOW_DEADLINE_MS);
  if (result.exitCode !== 0) throw notDone("looked at", units, result);
  return result.stdout;
}

export function unitFailed(unit: string, how: string): OperatorError {
  return new OperatorError("unit_failed", `${unit} ${how}.`, {
    hint: `See why with: systemctl status '${unit}'; journalctl --unit '${unit}' --lines 30`,
  });
}

/** @throws OperatorError `command_refused` where this user may not; `not_installed` where there is no such unit. */
async function systemctl(argv: readonly [string, ...string[]], timeoutMs: number): Promise<CommandResult> {
  const [verb, ...units] = argv;
  const result = await runCommand({
    argv: ["systemctl", "--no-ask-password", "--quiet", ...argv],
    cwd: "/",
    env: ENVIRONMENT,
    timeoutMs,
  });
  if (result.exitCode === NO_PERMISSION) throw refused(verb, units);
  if (result.exitCode === NOT_FOUND) throw notInstalled(units);
  return result;
}

const refused = (verb: string, units: readonly string[]): OperatorError =>
  new OperatorError("command_refused", `systemd refused this user to ${verb} ${units.join(", ")}.`, {
    hint: "Type it as root; if the worker was refused, install the host's rules again with: scripts/systemd-install-runtime.sh",
  });

const notInstalled = (units: readonly string[]): OperatorError =>
  new OperatorError("not_installed", `This host does not have all of ${units.join(", ")}.`, {
    hint: "Install the units with: scripts/systemd-install-runtime.sh",
  });

function notDone(done: string, units: readonly string[], { timedOut, stderr }: CommandResult): OperatorError {
  const why = timedOut ? "systemd did not answer in time" : stderr.trim() || "systemd did not say why";
  return unitFailed(units[0] ?? "a unit", `could not be ${done}: ${why}`);
}
