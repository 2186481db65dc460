import { modifiedAt, monotonicZero } from "@oroboros/host";
import { appUnit, type RuntimeContract } from "@oroboros/slot-contract";
import { showUnits } from "../health/show-units.ts";
import { staleUnits, type RunningService, type StaleUnit } from "./stale-units.ts";
import { runHostProgram, systemctl } from "./systemctl.ts";
import { startedUnits } from "./unit-names.ts";
import { wantedUnits } from "./wanted-units.ts";

const STARTED = "ExecMainStartTimestampMonotonic";
const READ = "StateChangeTimestampMonotonic";

/** The services of this host that run with what their files were before. Jobs are not among them: each has its own start. */
export async function staleServices(contract: RuntimeContract): Promise<StaleUnit[]> {
  const lasting = [...(await wantedUnits(contract)), appUnit(contract)];
  const started = new Set(await startedUnits(contract));
  const services = lasting.filter((unit) => unit.endsWith(".service") && started.has(unit));
  return staleUnits(contract, await observeStarts(services), modifiedAt);
}

/**
 * Gives stale services what their files are now. One that does not start again is not told of here: the checks that follow say more of it.
 *
 * @throws OperatorError `unit_failed` where one does not take what it is to read.
 */
export async function renewServices(stale: readonly StaleUnit[]): Promise<void> {
  const unitsTo = (verb: StaleUnit["verb"]): string[] =>
    stale.flatMap((each) => (each.verb === verb ? [each.unit] : []));
  const [reloaded, restarted] = [unitsTo("reload"), unitsTo("restart")];
  await systemctl("daemon-reload");
  if (reloaded.length > 0) await systemctl("reload", ...reloaded);
  if (restarted.length > 0) await runHostProgram(["systemctl", "--no-ask-password", "restart", ...restarted]);
}

/** systemd tells times by the monotonic clock, so that setting the host's clock makes nothing stale. */
async function observeStarts(units: readonly string[]): Promise<RunningService[]> {
  const shown = await showUnits(units, [STARTED, READ]);
  const booted = monotonicZero();
  return units.map((unit) => {
    const at = (property: string): number => booted + Number(shown?.get(unit)?.[property] ?? 0) / 1000;
    return { unit, startedAt: at(STARTED), readAt: at(READ) };
  });
}
